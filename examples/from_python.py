"""Training from a script, with a callback that sees every iteration and every evaluation.

python -m examples.from_python
"""

import gymnasium

import actorlab


class Watch(actorlab.Callback):
    """Prints evaluations, and stops once two in a row reach a return."""

    def __init__(self, enough: float):
        self.enough, self.returns = enough, []

    def on_evaluation(self, training, done):
        self.returns.append(done.summary.mean_return)
        print(f"{done.env_steps:7,} env steps: mean return {self.returns[-1]:.1f}")
        if min(self.returns[-2:]) >= self.enough and len(self.returns) > 1:
            training.stop()


def main(env_steps: int = 80_000, workers: int = 0) -> actorlab.Run:
    """Trains on CartPole, and balances the pole once with what was learned."""
    evaluation = actorlab.EvaluationConfig(every_env_steps=4_096)
    run = actorlab.train(
        "CartPole-v1",
        actorlab.DQN(learning_rate=3e-3),
        env_steps=env_steps,
        workers=workers,
        evaluation=evaluation,
        callbacks=[Watch(enough=450.0)],
    )
    env = gymnasium.make("CartPole-v1")
    observation, _ = env.reset(seed=1)
    steps, over = 0, False
    while not over:
        action = run.policy.act(observation)
        observation, _, terminated, truncated, _ = env.step(action)
        steps, over = steps + 1, terminated or truncated
    print(f"the pole stood for {steps} steps; everything else is in {run.folder}")
    return run


if __name__ == "__main__":
    main()
