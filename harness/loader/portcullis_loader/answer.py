"""Owns: writing the one answer line (protocol.h) to the pipe that the harness listens on."""

import json
import os

from portcullis_loader.request import PROTOCOL, BadRequest

FD_VARIABLE = "PORTCULLIS_ANSWER_FD"


class AnswerPipe:
    """The file descriptor named by PORTCULLIS_ANSWER_FD. Raises BadRequest if there is none."""

    def __init__(self, environment):
        text = environment.get(FD_VARIABLE, "")
        if not text.isdecimal():
            raise BadRequest(f"{FD_VARIABLE} is '{text}', expected the number of a file descriptor")
        self._fd = int(text)
        try:
            os.fstat(self._fd)
        except (OSError, OverflowError) as error:
            raise BadRequest(f"{FD_VARIABLE}={text}: {error}") from None

    def write(self, request, answer):
        message = {"protocol": PROTOCOL, "case": request.case, **answer}
        line = memoryview(json.dumps(message).encode() + b"\n")
        while line:
            line = line[os.write(self._fd, line):]
