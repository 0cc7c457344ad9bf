"""The class names of COCO: 80 in their usual order, and the 91 numbers of the original annotation."""

NAMES = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
    "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee",
    "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
    "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
    "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
    "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone",
    "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear",
    "hair drier", "toothbrush",
)  # fmt: skip

UNUSED_NUMBERS = frozenset({12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
"""Numbers between 1 and 90 that COCO never gave a class."""

NUMBERS = tuple(number for number in range(1, 91) if number not in UNUSED_NUMBERS)
"""The number of each name, in the order of NAMES."""

INDEX_OF_NUMBER = {number: index for index, number in enumerate(NUMBERS)}
