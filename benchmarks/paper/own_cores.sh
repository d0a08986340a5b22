# Gives a job's shell, and all that it starts, its share of the cores: `source own_cores.sh JOBS FOLDER`.
# Trainings and games that keep to cores of their own are done sooner than side by side on all of them.
# A share is taken by a lock on FOLDER/SHARE until the job's last process ends. Without flock it has all cores.
mkdir -p "$2"
for share in $(seq 0 $(($1 - 1))); do
    exec {lock}> "$2/$share"
    if flock --nonblock "$lock"; then
        python - "$share" "$1" $$ <<'END'
import os, sys
share, jobs, shell = map(int, sys.argv[1:])
cores = sorted(os.sched_getaffinity(shell))
os.sched_setaffinity(shell, cores[share::jobs] or cores)
END
        break
    fi
    exec {lock}>&-
done 2> /dev/null
