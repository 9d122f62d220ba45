"""The names of our experiments and studies, by chapter, and the module that has each of them."""

INDEX: tuple[tuple[int, str, str, str], ...] = (
    (
        10,
        "reinforcement learning",
        "reinforcement_learning",
        "dqn_cartpole dqn_cartpole_book dqn_lunarlander q_frozenlake q_frozenlake_8x8 "
        "qnet_frozenlake qnet_frozenlake_book random_cartpole dqn q",
    ),
    (
        10,
        "the family of DQN",
        "deep_q",
        "dqn_acrobot dqn_mountaincar munchausen_cartpole c51_cartpole qrdqn_cartpole iqn_cartpole "
        "rainbow_cartpole qrdqn_lunarlander rainbow_lunarlander",
    ),
    (
        10,
        "parallel Q-learning",
        "parallel_q_learning",
        "pqn_cartpole pqn_rnn_chain pqn",
    ),
    (
        10,
        "boards of MinAtar",
        "minatar",
        "dqn_minatar rainbow_minatar qrdqn_minatar munchausen_minatar pqn_minatar",
    ),
    (
        10,
        "agents that remember",
        "memory",
        "r2d2_memory r2d2_chain r2d2",
    ),
    (
        10,
        "deep exploration",
        "deep_exploration",
        "bootstrapped_deepsea bootstrapped_cartpole",
    ),
    (
        10,
        "actions of several parts",
        "branching",
        "branching_pendulum",
    ),
    (
        10,
        "learning from recordings",
        "offline",
        "bc_cartpole bcq_cartpole cql_cartpole offline_dqn_cartpole",
    ),
    (
        10,
        "Atari from the screen",
        "atari",
        "dqn_atari rainbow_der pqn_atari",
    ),
    (
        10,
        "tables, learned and planned",
        "tables",
        "q_cliff sarsa_cliff expected_sarsa_cliff double_q_frozenlake mc_blackjack q_taxi "
        "dyna_taxi q_lambda_lake plan_frozenlake plan_taxi plan_cliff plan",
    ),
    (
        2,
        "tensors, linear models",
        "basics",
        "tensors linear_synthetic linear_boston explore_mnist",
    ),
    (
        3,
        "perceptrons",
        "feed_forward",
        "softmax_mnist mlp_mnist_sigmoid mlp_mnist_relu mlp_mnist_dropout mlp_bank "
        "mlp_bank_no_duration mnist_choices",
    ),
    (
        3,
        "your own data",
        "own",
        "table text images series",
    ),
    (
        3,
        "Boltzmann machines",
        "belief",
        "rbm_mnist dbn_bank dbn_houses",
    ),
    (
        4,
        "convolutional networks",
        "convolutional",
        "lenet_mnist emotion_faces emotion_faces_book emotion_predict",
    ),
    (
        5,
        "autoencoders",
        "autoencoders",
        "autoencoder_mnist denoising_autoencoder_mnist conv_autoencoder_mnist "
        "fraud_autoencoder fraud_autoencoder_deep",
    ),
    (
        4,
        "pretrained networks",
        "pretrained",
        "alexnet_predict inception_predict transfer_cats_dogs",
    ),
    (
        4,
        "style transfer",
        "style",
        "style_transfer style_transfer_squeezenet",
    ),
    (
        6,
        "recurrent networks",
        "recurrent",
        "rnn_cells rnn_spam lstm_passengers lstm_passengers_book lstm_sentiment "
        "lstm_sentiment_umich lstm_har",
    ),
    (
        7,
        "several devices and processes",
        "parallel",
        "devices cluster_toy data_parallel model_parallel",
    ),
    (
        8,
        "high-level interfaces",
        "high_level",
        "dnn_iris mlp_titanic digits_mlp digits_lenet keras_sequential keras_functional "
        "squeezenet_predict lstm_imdb",
    ),
    (
        9,
        "recommenders",
        "recommenders",
        "movielens_eda mf_movielens mf_movielens_100k mf_movielens_20m kmeans_movies "
        "nfm_tags nfm_apps fm_purchase fm_purchase_films fm_quantity fm_quantity_films",
    ),
)
"""Of each chapter its number, its title, its module, and the names of the module's experiments."""
STUDY_INDEX: tuple[tuple[int, str, str, str], ...] = (
    (10, "studies: what is told of agents, tested", "studies", "sarsa_against_q"),
    (10, "studies of tables", "table_studies", "exploration discounts planning"),
    (10, "studies of networks", "network_studies", "replay q_of_action"),
)
"""The same of studies."""
