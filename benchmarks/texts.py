"""What the page says of each benchmark, above its tables."""

from __future__ import annotations

HEAD = """# Benchmarks

Made by `make bench` (under 25 minutes on two cores; `.venv/bin/python -m benchmarks --help` tells of parts). Do not
edit: the page is written from [results.json](results.json).

Times depend on the machine, so what is promised are ratios of things that were measured in turns within one run. A
figure is the median; after it, in brackets, the quartiles. The **baseline** is what tutorials of this kind build: S3
invokes the function, one item per image with its whole label list, the API scans the table
([benchmarks/baseline](../../benchmarks/baseline/template.yaml)); it runs beside Viewfinder on the same emulator.
"""

PROCESSING = """## Processing: what an image costs beside the detector

The handlers of both stacks, in one process, on the emulator's buckets and tables, one image at a time; a JPEG of
{megapixels} megapixels and {kilobytes:,.0f} kB, of new content each time or the same under a new key; a detector that
answers at once. Milliseconds.

![Steps of an image](processing.png)
"""

PROCESSING_NOTE = """The baseline neither reads the picture nor checks it, makes no thumbnail, keeps no analysis for
reuse, and writes no index: that is the difference. The processor time is the function's own, its AWS calls included.
"""

PICTURES = """### Reading pictures

Least processor time of several readings, one after the other, in milliseconds: a picture is recognised, decoded at the
smallest scale that serves, turned upright, and encoded again for the detector only where it would not take it as it is.
"""

STAGES = """## Labels first

The same new photos, imported into three stacks in turns: seconds until the last one is found by its labels, until the
last one has its text, and the processor time of all processes of the stack (`python -m benchmarks --only stages`).
"""

PIPELINE = """## The local pipeline beside its engine

`viewfinder import` of {photos} different photos ({megapixels} megapixels each) until all are searchable, the command's
own start included, in turns with the engine's server alone answering eight clients that send the same photos, and with
a [plain script](../../benchmarks/baseline/script.py): the same networks in a loop, and a row in SQLite. Where the rest
goes is told by each process' share of the processor time.

![Processor time of a photo](pipeline.png)
"""

API = """## The API as the catalog grows

Signed calls over HTTP, through the emulator's API Gateway, to the deployed functions; pages of 50; images of some 15
labels each, which occur by the law of Zipf and Mandelbrot. The emulator's own time for a Query grows with its
partition, AWS's does not: there, what counts are the calls and items read, in the second table.

![Latency over images](api.png)
"""

CATALOG = """## The catalog of one machine as it grows

Stacks with SQLite catalogs of {sizes} images, filled by the catalog's own code: some 16 labels, boxes, facts and three
words each. Every stack runs at the same time, and all are asked in turns: signed calls over HTTP, through the emulated
API Gateway, to the deployed function. `filled a second` is with 1,000 images to a transaction.

![Latency over images](catalog.png)

![Memory over images](memory.png)
"""

CLIENTS = """## Many clients at once

Clients that ask for pages of 50 and for labels, each the next as soon as it has an answer, for {seconds:g} seconds a
row: signed through the emulated API Gateway, and through the gallery, which answers in its own process. What is asked
waits for one of the function's processes; there are as many as processors. The clients run on the same processors. Then
a browser scrolls through the gallery: quickly is 240 pixels twenty times a second, in leaps a screen every tenth of a
second. A thumbnail's time begins when the browser wants it, before one of its six connections is free.
"""

VIEWER = """## A large picture over a slow connection

A photo of 12 megapixels and {kilobytes:,} kB, opened in the gallery over {megabits:g} megabits a second (the browser's
emulation, without a delay of its own): from the click, or from the link, until a recognisable picture is there.
"""

ENGINE = """## The engine beside a bare loop

The bare loop decodes, resizes and runs the same two networks, and nothing else
([benchmarks/engine](../../benchmarks/engine)).
"""

PEOPLE = """## People

Two stacks, one with a thousand faces and one with a hundred thousand, each face on an image of its own, are asked in
turns over one connection. Then {photos} photos are imported with the features `LABELS` and `LABELS,PEOPLE`; every
second one shows a face. The import groups the faces at its end. Calls are counted from what is kept: one IndexFaces
for each content, one SearchFaces for each face.
"""

COLLECTIONS = """## Collections of faces

Collections of made faces, five of each person, in a file; each measured in a process of its own after a restart. The
search is the operation SearchFaces at the default threshold, without the wire: it finds the other faces of a person.
The first one loads the collection. IndexFaces is measured on the sample portrait, in turns with its parts.

![Searches as collections grow](collections.png)
"""

ALIKE = """## Near-duplicates and similar pictures

{pictures} pictures: the samples, and those of scikit-image (`VIEWFINDER_PICTURES=FOLDER`). {flat} of them have no hash:
they are too flat or too small. Times are processor time; hashes are compared in eight orientations. Of {different:,}
different pairs {false} are called near-duplicates; the closest is {closest} bits of 128 apart (20 are near).
"""

ALIKE_VECTORS = """The last two columns are shares of {pictures} pictures that are the nearest of all to their edit,
by the vector (1,280 int8): to the edit as it is, and to its eight orientations, which `search --like FILE` looks for.
"""

FUNCTION = """### The engine inside the image function

The package of `Detector=Engine` in fresh processes with nothing else on the path, {photos} sample photos, four at once;
held to one core for 1,769 MB, to two for 3,008 MB, whose 1.7 virtual processors the dollars count. This machine is no
Graviton: treat the dollars (us-east-1, arm64) as an order of magnitude. For AWS the package has {zipped:.1f} MB,
unzipped {unzipped:.1f} MB of the 262 that Lambda allows.
"""

IN_PROCESS = """### The engine over its wire and in the function

Two local stacks, one of each way, import the same {photos} new photos in turns; labels and text.
"""

ANALYZE = """### `viewfinder analyze`

{photos} photos of two megapixels in a folder; what the command takes for its start is not counted.
"""

QUALITY = """### Label quality

64 photos of COCO val2017 and 50 of Pascal VOC 2012, image level, labels of at least 55 %; only classes that the set
annotates. The photos are not part of the project; without them this is left out. With two passes the engine looks at
the mirror image, too.

![Quality over time](quality.png)
"""

WORDS = """## The search box

{queries} queries with known meanings over a fixed archive of 270 images, {threads} of them reworded from public threads
([queries](../../benchmarks/words/queries.txt)). Then the API function's handler in one process, over {images:,} images
in an SQLite file, in turns with the plain search by a label. Milliseconds.
"""

START = """## Cold start and packages

Fresh processes with nothing on the path but the package and boto3: imports and the first invocation, against a server
that answers every call at once. `bare` imports boto3 and makes one client; `baseline` makes the clients of the
baseline's API.
"""
