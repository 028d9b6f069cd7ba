"""The parts of the generator of typed models, in the order in which they are used.

    documentation   what Asterisk's documentation XML says, without its prose
    extracts        facts as files: small, sorted, one entry a line
    facts           all of them put together, by name
    words           what people wrote: tools/overrides.toml and tools/overrides/<family>.toml
    families        which module a name lives in that nobody wrote of
    naming          Asterisk's names as Python's
    kinds           the types of fields, and how each is written in Python
    snapshots       the base classes of events, and the headers that those read
    fields          the headers of one class, each with name and type
    model           the models as values
    catalogue       facts and words put together: the models themselves
    source          pieces of Python source, formatted
    declared        fields and classes as lines of Python
    written, index, overloads
                    the modules that are written
    generated       all of them, with their paths

Law: the same facts and words give the same bytes, on any machine.
"""
