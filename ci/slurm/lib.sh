# What the scripts of ci/slurm share. Sourced, not run.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
program=$portcullis_build/bin/portcullis
most_starts=3  # of one shard

have_slurm() {
  local tool
  for tool in sbatch squeue scontrol; do
    command -v "$tool" >/dev/null || cannot "no $tool here: this needs Slurm (Debian: slurm-client)"
  done
  [ -x "$program" ] || cannot "no $program; build first (ci/gate)"
}

# submit_shards FOLDER NUMBERS: as an array, with the words of FOLDER/run; its job id goes to
# FOLDER/jobs. --requeue: Slurm itself starts again what a node took along or a preemption ended.
submit_shards() {
  local folder=$1 numbers=$2 words=() job
  # shellcheck disable=SC1090  # written by submit
  . "$folder/run"
  job=$(sbatch --parsable --job-name=portcullis --array="$numbers" --requeue --open-mode=append \
    --output="$folder/shard-%a.log" "${words[@]}" \
    "$portcullis_root/ci/slurm/shard" "$portcullis_root" "$folder") ||
    cannot "sbatch refused the shards $numbers"
  echo "${job%%;*}" >> "$folder/jobs"
  note "job ${job%%;*}: shards $numbers"
}
