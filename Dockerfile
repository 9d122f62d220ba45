# syntax=docker/dockerfile:1
# docker build -t actorlab .
# docker run --rm -v "$PWD/runs:/lab/runs" actorlab dqn_cartpole --workers 2
FROM python:3.11-slim

# Ray keeps its object store in /dev/shm, which Docker makes 64 MB large: give it more with
# --shm-size=2g, or Ray takes /tmp, which is slower.
ENV PYTHONUNBUFFERED=1 UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1
WORKDIR /opt/actorlab

# The packages before the code, which changes more often: they take 2.6 GB.
RUN python -m venv /opt/venv
COPY requirements/install.sh requirements/cpu.txt requirements/
RUN requirements/install.sh /opt/venv -r requirements/cpu.txt

COPY pyproject.toml README.md LICENSE ./
COPY actorlab actorlab
COPY agents agents
COPY common common
COPY envs envs
COPY launch launch
COPY supervised supervised
COPY training training
RUN requirements/install.sh /opt/venv --no-deps .

RUN useradd --create-home --uid 1000 lab && mkdir -p /lab/runs && chown -R lab /lab
USER 1000
WORKDIR /lab
ENTRYPOINT ["/opt/venv/bin/python", "-m", "launch"]
CMD ["list"]
