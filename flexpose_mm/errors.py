"""One sentence for every mistake a user can make."""
import numbers


class UserError(ValueError):
    """Input that the user has to change.

    The message is one sentence: where it was found, which field has which
    value, and what to do. ``tools/`` print it without a traceback.

    Args:
        where (str): File, config or class in which the field stands.
        field (str): Name of the offending field.
        value: The offending value.
        remedy (str): What is wrong and what to do about it.
    """

    def __init__(self, where: str, field: str, value, remedy: str):
        text = repr(value)
        if len(text) > 120:
            text = text[:117] + '...'
        super().__init__(f'{where}: {field}={text}: {remedy}')
        self.where, self.field = where, field
        self.value, self.remedy = value, remedy

    def __reduce__(self):  # crosses the DataLoader's worker boundary whole
        return type(self), (self.where, self.field, self.value, self.remedy)


def check_seed(where: str, seed: int) -> None:
    """Refuse what NumPy takes for no seed."""
    if not isinstance(seed, numbers.Integral) or seed < 0:
        raise UserError(where, 'seed', seed, 'give a whole number >= 0')
