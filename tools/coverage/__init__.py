"""Coverage: do the typed models hold everything that Asterisk sends?

    python -m tools.coverage                       every captured stream of tests/corpus
    python -m tools.coverage --asterisk 22 16      and a rich scenario, played on real servers

    frames      a stream as the messages that it holds, each with the class that it becomes
    census      counts them, and finds what no class, no field and no conversion takes
    excuses     what may be found all the same, and why
    report      both as text
    acts        the scenario: what is done to a server to make it talk
    stage       what an act is played on
    tape        what went over one connection, in both directions

Law: it judges the models by the bytes that came, never by what the models say of themselves.
"""
