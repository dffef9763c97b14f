"""What the shell gets: completions under the real bash, zsh and fish, manual pages under the real man,
and the examples of the first help, run as they stand there."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["PORTCULLIS_BUILD"])
SOURCE = pathlib.Path(os.environ["PORTCULLIS_SOURCE"])
GOLDEN = SOURCE / "fixtures/golden/checkpoints"

BASH = """
source {script}
COMP_WORDS=({words}) COMP_CWORD=$(( {count} - 1 ))
_portcullis
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
# zsh completes only on a terminal: one of zpty, on which Tab lists what there is.
ZSH = """
zmodload zsh/zpty
zpty z 'TERM=dumb PS1= zsh -f -i'
zpty -w z 'autoload -Uz compinit; compinit -u -D; source {script}; LISTMAX=1000'
zpty -w z 'bindkey "^I" list-choices; echo REA""DY'
zpty -r z answer '*READY*'
zpty -n -w z {line}$'\\t'
zpty -r -m z answer '*{last}*' && print -r -- "$answer"
zpty -d z
"""


class ShellTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-shell-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = os.environ | {"PATH": f"{BUILD / 'bin'}:{os.environ['PATH']}",
                                         "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}

    def call(self, *words, code=0, **more):
        done = subprocess.run([str(word) for word in words], cwd=self.folder, env=self.environment,
                              text=True, capture_output=True, timeout=600, **more)
        if code is not None:
            self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def shell(self, name):
        """The completion for a shell, in a file."""
        if shutil.which(name) is None:
            self.skipTest(f"{name} is not here (ci/packages.txt)")
        script = self.folder / name
        script.write_text(self.call("portcullis", "completion", name).stdout)
        return script

    def subcommands(self):
        page = self.call("portcullis", "man").stdout
        return re.findall(r"^\\fB(\w+)\\fR$", page.partition(".SH EXIT")[0], re.M)

    def test_bash_completes_commands_options_and_hosts(self):
        script = self.shell("bash")

        def completed(*words):
            quoted = " ".join(f"'{word}'" for word in words)
            done = self.call("bash", "-c", BASH.format(script=script, words=quoted, count=len(words)))
            return done.stdout.split()

        self.assertEqual(completed("portcullis", "re"), ["report", "repro", "retag"])
        self.assertEqual(completed("portcullis", "run", "--sh"), ["--shard", "--shuffle"])
        self.assertIn("2xh200", completed("portcullis", "exec", "--host", "2x"))
        self.assertEqual(completed("portcullis", "exec", "--host", "1xt4", "--", "-"), [])
        self.assertLess(set(self.subcommands()), set(completed("portcullis", "")))

    def test_fish_completes_commands_options_and_hosts(self):
        script = self.shell("fish")

        def completed(line):
            done = self.call("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'")
            return [row.split("\t")[0] for row in done.stdout.splitlines()]

        self.assertEqual(completed("portcullis re"), ["report", "repro", "retag"])
        self.assertEqual(completed("portcullis run --sh"), ["--shard", "--shuffle"])
        self.assertIn("2xh200", completed("portcullis exec --host 2x"))

    def test_zsh_completes_commands_options_and_hosts(self):
        script = self.shell("zsh")

        def completed(line, last):
            done = self.call("timeout", "300", "zsh", "-f", "-c",
                             ZSH.format(script=script, line=f"'{line}'", last=last))
            return done.stdout

        self.assertRegex(completed("portcullis re", "retag  "), r"(?s)report +--.*repro +--.*retag")
        self.assertRegex(completed("portcullis run --sh", "--shuffle"), r"--shard +--")
        self.assertRegex(completed("portcullis exec --host 2x", "2xt4"), r"2xh200\s+2xh200-busy")

    def test_every_subcommand_has_a_manual_page_without_a_warning(self):
        if shutil.which("groff") is None:
            self.skipTest("groff is not here (ci/packages.txt)")
        for name in ["", *self.subcommands()]:
            with self.subTest(page=name):
                page = self.call("portcullis", "man", *([name] if name else [])).stdout
                done = self.call("groff", "-man", "-ww", "-Tutf8", input=page)
                self.assertEqual(done.stderr, "")
                self.assertIn("could not run here, or was interrupted", done.stdout)
                if name:  # every option that its help has
                    told = self.call("portcullis", name, "--help").stdout.partition("\nOptions:")[2]
                    for option in re.findall(r"^  (?:-\w,)?(--[\w-]+)", told, re.M):
                        self.assertIn(option.replace("-", "\\-"), page)

    def test_the_first_help_fits_a_screen_and_names_every_subcommand(self):
        lines = self.call("portcullis", "--help").stdout.splitlines()
        self.assertLessEqual(len(lines), 24)
        self.assertLessEqual(max(map(len, lines)), 80)
        words = " ".join(lines).split()
        self.assertLessEqual(set(self.subcommands()), set(words))

    def test_its_three_examples_work_as_they_stand(self):
        text = self.call("portcullis", "--help").stdout.partition("Examples:\n")[2]
        examples = [re.split(r"\s{3,}", line.strip())[0] for line in text.splitlines()
                    if line.startswith("  ")]
        self.assertEqual(len(examples), 3)
        shutil.copy(GOLDEN / "zip-cuda0.pt", self.folder / "model.pt")
        self.environment["PYTHONPATH"] = str(BUILD / "runtimes/2.11.0")
        python = "import torch; print(torch.cuda.device_count())"
        expected = {"check": (1, "as-saved on no-driver"), "exec": (0, "8\n"),
                    "repro": (0, "What to do, best first")}
        for example in examples:
            with self.subTest(example=example):
                code, said = expected[example.split()[1]]
                done = self.call("sh", "-c", example, code=code, input=python)
                self.assertIn(said, done.stdout)


if __name__ == "__main__":
    unittest.main()
