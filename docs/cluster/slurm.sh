#!/bin/bash
# A run on SLURM: a worker for each task, and beside them the scheduler and the coordinator.
#
#     export APE_STORE=/shared/ape      # a folder that all nodes see under the same path
#     sbatch --nodes 8 --ntasks-per-node 16 docs/cluster/slurm.sh \
#         aflibercept-2mg-treat-and-extend --patients 100M --chunk-size 50000
#
# Submitted again after it was stopped, the same question goes on.
#SBATCH --job-name=ape
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=600M
#SBATCH --time=01:00:00
set -euo pipefail

: "${APE_STORE:?Name a folder that all nodes see under the same path, as in: export APE_STORE=/shared/ape}"
mkdir -p "$APE_STORE"
about="$APE_STORE/scheduler-${SLURM_JOB_ID:-$$}.json"
workers=
scheduler=
end() {
    # The workers first: they would look for a scheduler that is gone.
    for process in $workers $scheduler; do
        kill "$process" 2>/dev/null && wait "$process" || true
    done
    rm -f "$about"
}
trap end EXIT

dask scheduler --port 0 --no-dashboard --scheduler-file "$about" &
scheduler=$!
until [ -s "$about" ]; do sleep 0.2; done
address=$(python -c 'import json, sys; print(json.load(open(sys.argv[1]))["address"])' "$about")

# Each worker is a process of one thread; what it spills would go to the node's own disk.
srun dask worker "$address" --nthreads 1 --no-dashboard --local-directory "${TMPDIR:-/tmp}" &
workers=$!

ape run "$@" --executor dask --scheduler "$address"
