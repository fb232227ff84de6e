"""Photos named by a path inside a JSON-lines file: found beside that file, and nowhere else."""

from pathlib import Path


class PhotoPathError(ValueError):
    """The path leaves the file's folder or is no readable file; the message says which."""


def resolve_photo_path(folder: Path, path: str) -> Path:
    """The real file that `path` names below `folder`; symbolic links are followed before it is judged.

    Raises:
        PhotoPathError: absolute, outside the folder, or not a regular file.
    """
    shown = path[:200]
    if "\x00" in path:
        raise PhotoPathError("a photo's path has a NUL character")
    root = folder.resolve()
    try:
        resolved = (root / path).resolve()
    except (OSError, RuntimeError) as error:
        raise PhotoPathError(f"photo {shown!r} cannot be resolved: {error}") from None
    if Path(path).is_absolute() or not resolved.is_relative_to(root):
        raise PhotoPathError(f"photo {shown!r} is outside {root.name}/, the folder of the file that names it")
    if not resolved.is_file():
        raise PhotoPathError(f"photo {shown!r} is not a file in {root.name}/")
    return resolved
