# Gives a job's shell, and all that it starts, its share of the cores: `source own_cores.sh JOBS FOLDER`.
# Trainings and games that keep to cores of their own are done sooner than side by side on all of them.
# A share is taken by a lock on FOLDER/SHARE until the job's last process ends. Without flock or taskset, or if those
# cores are not this shell's to take, it has them all.
mkdir -p "$2"
for share in $(seq 0 $(($1 - 1))); do
    exec {lock}> "$2/$share"
    if flock --nonblock "$lock"; then
        taskset --pid --cpu-list "$share-$(($(nproc --all) - 1)):$1" $$ > /dev/null || true
        break
    fi
    exec {lock}>&-
done 2> /dev/null
