"""The edits that are measured: `TABLE`, which the goals are set for, and `EXTRA`, which no goal names.

`EXTRA` shows whether the engine was built for the kind of edit or for the row: it is never tuned on.
"""

from PIL import ImageOps

from connectors.sample.edits import half, mirror, sepia, stickers
from streams.evaluation.geometry_edits import (
    barrel,
    cropped,
    cropped_evenly,
    off_centre,
    quarter_turn,
    rotated,
    scaled,
    sheared,
    slanted,
    stretched,
)
from streams.evaluation.overlay_edits import bordered, dots, logo, stripes, text_band, watermark
from streams.evaluation.page_edits import (
    blended,
    blurred_frame,
    collage,
    picture_in_picture,
    screenshot,
    side_by_side,
)
from streams.evaluation.photo_edit import Edit, chain, from_sample, plain
from streams.evaluation.tone_edits import blurred, gamma, hue_turned, moire, noisy, toned, vignette

MIRRORED = from_sample(mirror)
WATERMARK = watermark(alpha=50)
"""As strong as the one whose figures set the goal: PDQ at 31 bits sees through it in 98 of 100 photos."""
RECAPTURE = chain(
    slanted(0.06), scaled(1.3), moire(0.08), gamma(1.25), noisy(6), blurred(1)
)  # a camera before a screen, a third more pixels than the photo had

TABLE: tuple[Edit, ...] = (
    Edit("jpeg-30", "JPEG quality 30", plain(lambda photo: photo), quality=30),
    Edit("half", "resized to half", from_sample(half)),
    Edit("tone", "brightness, contrast and saturation", toned),
    Edit("sepia", "sepia", from_sample(sepia)),
    Edit("blur", "blur 2.5 px", blurred(2.5)),
    Edit("crop-5", "crop 5% a side", cropped_evenly(0.05)),
    Edit("crop-20", "crop 20% a side", cropped_evenly(0.2)),
    Edit("off-centre", "off-centre 70%", off_centre(0.7)),
    Edit("border", "coloured border 8%", bordered(0.08)),
    Edit("mirror", "mirrored", MIRRORED),
    Edit("text-band", "opaque text band over 22% of the height", text_band(0.22)),
    Edit("watermark", "tiled translucent watermark", WATERMARK),
    Edit("stickers", "four opaque stickers of 12-22%", from_sample(stickers)),
    Edit("screenshot", "screenshot of an app page with the photo in it", screenshot),
    Edit("collage-2", "collage of 2", side_by_side),
    Edit("collage-4", "collage of 4", collage(2, 2, gap=6)),
    Edit("rotate-5", "rotated 5 degrees", rotated(5)),
    Edit("rotate-90", "rotated 90 degrees", quarter_turn),
    Edit("perspective-8", "perspective 8%", slanted(0.08)),
    Edit(
        "crop-mirror-band",
        "crop 5% + mirror + text band + JPEG 50",
        chain(cropped_evenly(0.05), MIRRORED, text_band(0.22)),
        quality=50,
    ),
    Edit(
        "tone-crop-border-watermark",
        "tone + off-centre crop + border + watermark + JPEG 60",
        chain(toned, off_centre(0.7), bordered(0.08), WATERMARK),
        quality=60,
    ),
)

EXTRA: tuple[Edit, ...] = (
    Edit("vignette", "vignette", vignette(0.55)),
    Edit("recapture", "a screen photographed: perspective, moire, gamma, noise", RECAPTURE, quality=75),
    Edit("stretch", "stretched to 0.8 or 1.25 of the width", stretched(0.8, 1.25)),
    Edit("mosaic-9", "mosaic of 3 by 3", collage(3, 3, gap=4)),
    Edit("blurred-frame", "at 80% on a blurred square of itself", blurred_frame(0.8)),
    Edit("logo", "opaque logo in the middle, 44% of the width", logo(0.44)),
    Edit("emoji-30", "30 emoji", dots(30)),
    Edit("picture-in-picture", "at 55% over another photo", picture_in_picture(0.55)),
    Edit("shear", "sheared by 0.15", sheared(0.15)),
    Edit("noise", "Gaussian noise of 18", noisy(18)),
    Edit("blend", "another photo blended in at 25%", blended(0.25)),
    Edit("stripes", "white diagonal stripes", plain(stripes)),
    Edit("barrel", "barrel distortion", barrel(0.12)),
    Edit("gamma-0.5", "gamma 0.5", gamma(0.5)),
    Edit("gamma-2", "gamma 2", gamma(2)),
    Edit("posterize", "posterized to 3 bits", plain(lambda photo: ImageOps.posterize(photo, 3))),
    Edit("equalize", "histogram equalized", plain(ImageOps.equalize)),
    Edit("hue", "hue moved", hue_turned),
    Edit("quarter", "resized to a quarter", scaled(0.25)),
    Edit("rotate-30", "rotated 30 degrees", rotated(30)),
    Edit("upside-down", "upside down", plain(lambda photo: photo.rotate(180))),
    Edit("flip", "flipped vertically", plain(ImageOps.flip)),
    Edit("crop-30", "crop 30% a side", cropped_evenly(0.3)),
    Edit("top-half", "the top half only", cropped(0, 0, 0, 0.5)),
    Edit("perspective-15", "perspective 15%", slanted(0.15)),
    Edit(
        "rotate-12-crop",
        "rotated 12 degrees + crop 12% a side",
        chain(rotated(12), cropped_evenly(0.12)),
        quality=80,
    ),
    Edit("invert", "colours inverted", plain(ImageOps.invert)),
    Edit(
        "screenshot-mirror-crop",
        "screenshot of a mirrored crop + JPEG 70",
        chain(MIRRORED, cropped(0.1, 0.1, 0, 0.1), screenshot),
        quality=70,
    ),
    Edit("watermark-heavy", "denser, heavier watermark", watermark(alpha=110, spacing=0.75)),
)

EDITS: dict[str, Edit] = {edit.name: edit for edit in TABLE + EXTRA}
