"""Boundaries of the embedded municipalities (ISTAT, generalised by openpolis), simplified again for a page's map."""

from __future__ import annotations

import json
from pathlib import Path

from toolkit.errors import installing
from toolkit.sources.raw import RawFile
from toolkit.sources.resource import Resource

FILE = "boundaries/limits_P_15_municipalities.geojson"
COUNT = 133
TOLERANCE = 0.0006  # degrees, about 50 m: a map 700 px wide shows 100 m to the pixel
QUANTUM = 4000  # cells a side

BOUNDARIES = Resource.of("boundaries")
RESOURCES = (BOUNDARIES,)


def document(raw: Path) -> bytes:
    """TopoJSON, object `municipalities`: id = ISTAT code, properties.name; WGS84.

    Raises:
        DataError: the file has not the 133 municipalities, or the library that simplifies is not installed.
    """
    source = RawFile(BOUNDARIES.name, raw / FILE)
    features = source.json()["features"]
    source.require(len(features) == COUNT, f"has {COUNT} municipalities; it has {len(features)}")
    try:
        import topojson
    except ImportError as missing:
        raise source.fault("needs the library topojson", hint=installing("data")) from missing
    kept = [
        {
            "type": "Feature",
            "id": feature["properties"]["com_istat_code"],
            "properties": {"name": feature["properties"]["name"]},
            "geometry": feature["geometry"],
        }
        for feature in sorted(features, key=lambda feature: feature["properties"]["com_istat_code"])
    ]
    topology = topojson.Topology(
        {"type": "FeatureCollection", "features": kept},
        object_name="municipalities",
        prequantize=False,
        toposimplify=TOLERANCE,
        topoquantize=QUANTUM,
    )
    return (_compact(json.loads(str(topology.to_json()))) + "\n").encode("utf-8")


def _compact(topology: dict[str, object]) -> str:
    topology.pop("bbox", None)
    return json.dumps(topology, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
