"""The tool that looks for what the models do not hold: it finds what is planted."""

from __future__ import annotations

import pytest

from tools.coverage import __main__ as command
from tools.coverage.census import Census, Finding, Sort, take
from tools.coverage.frames import Answer, messages
from tools.coverage.report import lines, unused, verdict

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def stream(*frames: str) -> bytes:
    """What a server sends; one line of a frame ends where `|` is."""
    return BANNER + b"".join(one.replace("|", "\r\n").encode() + b"\r\n\r\n" for one in frames)


def found(*frames: str, source: str = "here", **actions: str) -> dict[Finding, int]:
    return dict(take(source, stream(*frames), actions or None).findings)


def spare(kind: str, header: str) -> Finding:
    return Finding(Sort.SPARE, kind, header)


# What is found -----------------------------------------------------------------------------------


def test_a_kind_without_a_class() -> None:
    assert found("Event: Brandnew|X: 1", "Event: Brandnew") == {
        Finding(Sort.STRANGE, "Brandnew"): 2
    }


def test_a_header_without_a_field() -> None:
    assert found("Event: Hangup|Cause: 16|Colour: red") == {spare("Hangup", "Colour"): 1}


def test_a_value_that_does_not_convert() -> None:
    assert found("Event: Hangup|Cause: soon") == {Finding(Sort.WRONG, "Hangup", "Cause"): 1}


def test_text_that_is_no_message() -> None:
    (finding,) = found("Peer 1 2 3", "Event: Hangup|Cause: 16")
    assert (finding.sort, finding.kind) == (Sort.RAW, "Peer 1 2 3")


def test_a_header_of_a_reply_without_a_field() -> None:
    reply = "Response: Success|ActionID: 7|Ping: Pong|Timestamp: 1.0|Colour: red"
    assert found(reply, **{"7": "Ping"}) == {spare("reply to Ping", "Colour"): 1}


def test_a_value_of_a_reply_that_does_not_convert() -> None:
    reply = "Response: Success|ActionID: 7|Mailbox: 1|NewMessages: many"
    assert found(reply, **{"7": "MailboxCount"}) == {
        Finding(Sort.WRONG, "reply to MailboxCount", "NewMessages"): 1
    }


def test_nothing_where_there_is_nothing() -> None:
    assert (
        found("Event: Hangup|Privilege: call,all|Cause: 16", "Response: Success|Message: x") == {}
    )


# Replies whose actions were not recorded ---------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "cls"),
    [
        ("Response: Success|Message: fine", "Reply"),
        ("Response: Success|Challenge: 123", "ChallengeReply"),
        ("Response: Success|Message: x|Output: 1|Output: 2", "CommandReply"),
        ("Response: Success|Category-000000: general", "ConfigReply"),
        ("Response: Success|ActionID: ListCommands-9|Ping: Keepalive", "Reply"),
        ("Response: Success|Colour: red", "Reply"),
    ],
)
def test_a_reply_tells_its_class(frame: str, cls: str) -> None:
    (answer,) = messages(stream(frame))
    assert isinstance(answer, Answer)
    assert type(answer.reply).__name__ == cls


def test_a_reply_that_no_class_takes_is_found() -> None:
    assert found("Response: Success|Colour: red") == {spare("reply to ?", "Colour"): 1}


# Excuses -----------------------------------------------------------------------------------------


def test_an_excuse_is_counted_and_holds_for_its_stream_alone() -> None:
    census = take("22-injection-dialplan", stream("Event: Fake|X: 1"))
    assert not census.findings
    assert census.excused.total() == 1
    assert found("Event: Fake|X: 1") == {Finding(Sort.STRANGE, "Fake"): 1}


def test_an_excuse_that_its_stream_does_not_need_is_told() -> None:
    fake = take("22-injection-dialplan", stream("Event: Fake|X: 1"))
    (told,) = unused([fake])
    assert told.startswith("needless: Rest in *-injection-dialplan")
    assert list(unused([take("here", stream("Event: Fake"))])) == []


# What is said ------------------------------------------------------------------------------------


def test_the_report_has_an_example_and_hides_a_secret() -> None:
    census = take("here", stream("Event: Hangup|Colour: red", "Event: Hangup|Secret: swordfish"))
    text = "\n".join([*lines([census]), *verdict([census])])
    assert "Hangup.Colour is taken by no field (1 times): Colour: 'red'" in text
    assert "2 findings" in text
    assert "swordfish" not in text


def test_the_corpus_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 0
    said = capsys.readouterr().out
    assert said.endswith("the models hold all of it\n")
    assert "needless" not in said


def test_a_finding_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(source: str, data: bytes) -> Census:
        return take(source, stream("Event: Brandnew"))

    monkeypatch.setattr(command, "take", planted)
    assert command.main([]) == 1
