# A Slurm cluster of two node daemons on one machine, as an ordinary user or root, on the loopback
# interface; every file of it in one folder. Sourced, not run.

have_cluster() {
  local tool
  for tool in slurmd slurmctld munged mungekey; do
    PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null ||
      cannot "no $tool here: install slurmd, slurmctld, slurm-client and munge"
  done
  PATH=$PATH:/usr/sbin
}

# free_ports N: numbers of N ports that nobody listens on now.
free_ports() {
  python3 - "$1" <<'PY'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for each in sockets:
    each.bind(("127.0.0.1", 0))
print(*[each.getsockname()[1] for each in sockets])
PY
}

write_configuration() {
  local folder=$1 controller=$2 first=$3 second=$4 user; user=$(id -un)
  cat > "$folder/slurm.conf" <<CONF
ClusterName=portcullis
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$controller
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CryptoType=crypto/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool-%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd-%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1,requeue_delay=1
MinJobAge=300
KillWait=5
ReturnToService=2
NodeName=node1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$first CPUs=1 State=UNKNOWN
NodeName=node2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$second CPUs=1 State=UNKNOWN
PartitionName=all Nodes=node1,node2 Default=YES MaxTime=60 State=UP
CONF
}

# start_cluster FOLDER: returns when both nodes are idle.
start_cluster() {
  local folder=$1 ports node
  mkdir -p "$folder/state" "$folder/spool-node1" "$folder/spool-node2"
  mungekey --create --keyfile="$folder/munge.key"
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" --seed-file="$folder/munge.seed"
  read -r -a ports <<< "$(free_ports 3)"
  write_configuration "$folder" "${ports[@]}"
  export SLURM_CONF=$folder/slurm.conf
  slurmctld -f "$SLURM_CONF" -c
  for node in node1 node2; do slurmd -f "$SLURM_CONF" -N "$node"; done
  for ((i = 0; i < 300; ++i)); do
    [ "$(sinfo --noheader --Node --format=%t 2>/dev/null | grep -c '^idle$')" -eq 2 ] && return
    sleep 0.1
  done
  tail -n 5 "$folder"/*.log >&2
  cannot "the cluster did not come up"
}

# stop_cluster FOLDER: its daemons, and the jobs that they run.
stop_cluster() {
  local folder=$1 file
  scancel --user="$(id -un)" 2>/dev/null || true
  for file in "$folder"/slurmd-*.pid "$folder/slurmctld.pid" "$folder/munged.pid"; do
    [ ! -f "$file" ] || kill "$(cat "$file")" 2>/dev/null || true
  done
  for ((i = 0; i < 100; ++i)); do
    compgen -G "$folder/*.pid" >/dev/null || break
    sleep 0.1
  done
}

# but_for_times FILE: the results without what differs from run to run.
but_for_times() {
  sed -E -e 's/"started":"[^"]*"//; s/"arguments":\[[^]]*\]//' \
    -e 's/"seconds":\{[^}]*\}//; s/"wall_seconds":[0-9.e+-]+//' "$1"
}
