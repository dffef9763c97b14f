#!/bin/sh
# with_standins.sh FOLDER COMMAND…: runs a command on the stand-ins of one folder, whether NVIDIA's
# own libraries are installed or not.
standins=$1
shift
LD_LIBRARY_PATH=$standins LD_PRELOAD=$(ls "$standins" | tr '\n' ' ') exec "$@"
