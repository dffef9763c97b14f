# Has a portcullis write its completions and manual pages: write-shell-files.sh PROGRAM FOLDER
set -eu
program=$1 folder=$2
"$program" completion bash > "$folder/portcullis"
"$program" completion zsh > "$folder/_portcullis"
"$program" completion fish > "$folder/portcullis.fish"
mkdir -p "$folder/man1"
"$program" man > "$folder/man1/portcullis.1"
sed -n 's/^\.B portcullis$//; s/^\\fB\([a-z]*\)\\fR$/\1/p' "$folder/man1/portcullis.1" |
  while read -r command; do "$program" man "$command" > "$folder/man1/portcullis-$command.1"; done
