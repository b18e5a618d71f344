FROM nvidia/cuda:12.4.1-devel-ubuntu22.04
RUN apt-get update && apt-get install -y --no-install-recommends cuda-nsight-compute-12-4 libcudnn9-dev-cuda-12
RUN apt-get install -y --no-install-recommends libpng12-dev
