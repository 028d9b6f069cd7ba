"""The parts of the generator of typed models, in the order in which they are used.

    documentation   what Asterisk's documentation XML says, without its prose
    extracts        the facts as files: small, sorted, one entry a line
    words           what people wrote: tools/overrides.toml and tools/overrides/<family>.toml
    naming          Asterisk's names as Python's
    kinds           the types of fields, and how each is written in Python
    catalogue       facts and words put together: what the models are
    source          pieces of Python source, formatted
    events, actions, values, index, overloads
                    the modules that are written

Law: the same facts and words give the same bytes, on any machine.
"""
