"""Platforms' own exports with generated names: a header, a row and the post that it holds."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

INDUSTRY = """\
id: regions
name: Generated regions
organisations:
  - id: north
    name: Generated North
    accounts:
      - {platform: x, platform_id: "77", handle: GeneratedNorth}
      - {platform: facebook, platform_id: "1001", handle: generated.north}
      - {platform: instagram, handle: generated_north}
      - {platform: linkedin, platform_id: "501"}
      - {platform: youtube, platform_id: UCgenerated}
  - id: south
    name: Generated South
    accounts:
      - {platform: facebook, platform_id: "1002", handle: gen.south, definition: page_likes}
      - {platform: linkedin, platform_id: "502"}
"""
MAY_1 = datetime(2025, 5, 1, 10, tzinfo=UTC)
"""Noon of 1 May in Stockholm."""


def at(hour, minute=0):
    return datetime(2025, 5, 1, hour, minute, tzinfo=UTC)


COUNTERS = "reactions, comments, shares, views, saves, clicks"
X_NEW = "Post id,Date,Post text,Post Link,Impressions,Likes,Replies,Reposts,Shares,Bookmarks"
X_OLD = "Tweet id,Tweet permalink,Tweet text,time,impressions,likes,replies,retweets,url clicks"
X_SV = "Inläggs-ID,Permalänk till inlägg,Inläggstext,Datum,Visningar,Gilla-markeringar,Svar"
FB_EN = "Post ID,Page ID,Page name,Description,Publish time,Post type,Permalink,Date,Views,Reach"
FB_EN += ",Reactions,Comments,Shares,Total clicks"
FB_SV = "Publicerings-id,Sid-id,Sidnamn,Beskrivning,Publiceringstid,Inläggstyp,Permalänk,Datum"
FB_SV += ",Visningar,Räckvidd,Reaktioner,Kommentarer,Delningar,Totalt antal klick"
IG_EN = "Post ID,Account ID,Account username,Title,Publish time,Post type,Views,Likes,Saves"
IG_SV = "Publicerings-id,Konto-id,Kontots användarnamn,Titel,Publiceringstid,Inläggstyp,Visningar"
IG_SV += ",Gilla-markeringar,Sparade objekt"
YT_EN = "Content,Video title,Video publish time,Views,Likes,Comments added,Subscribers,Shares"
YT_SV = "Innehåll,Videotitel,Publiceringstid för video,Visningar,Gilla-markeringar"
YT_SV += ",Kommentarer som lagts till,Prenumeranter,Delningar"
LI_EN = "Post title,Post link,Post type,Posted by,Created date,Content Type,Impressions,Clicks"
LI_EN += ",Likes,Comments,Reposts"
LI_SV = "Inläggsrubrik,Inläggslänk,Inläggstyp,Publicerat av,Skapat datum,Innehållstyp,Visningar"
LI_SV += ",Klick,Gilla-markeringar,Kommentarer,Omdelningar"
CT_EN = "Page Name,User Name,Facebook Id,Likes at Posting,Followers at Posting,Post Created,Type"
CT_EN += ",Likes,Comments,Shares,Love,Wow,Haha,Sad,Angry,Care,Post Views,URL,Message"
CT_SV = "Sidnamn,Användarnamn,Facebook-id,Gilla-markeringar vid publicering"
CT_SV += ",Följare vid publicering,Inlägg skapat,Typ,Gilla-markeringar,Kommentarer,Delningar,Älskar"
CT_SV += ",Wow,Haha,Ledsen,Arg,Omtanke,Videovisningar,Webbadress,Meddelande"

X_LINK = "https://x.com/GeneratedNorth/status/1918000000000000001"
FB_ROW = "900,1001,Generated North,Generated post,2025-05-01 08:30,{},https://fb.example/900,{},70"
FB_ROW += ",60,{},4,,9"
FB_POST = ("north.facebook", "1001_900", at(6, 30), "image", 11, 4, None, 70, None, 9)
IG_ROW = "800,17,generated_north,Generated post,2025-05-01 08:30,{},70,11,3"
IG_POST = ("north.instagram", "800", at(6, 30), "video", 11, None, None, 70, 3, None)
YT_POST = ("north.youtube", "abcdefghij-", MAY_1, "video", 11, None, None, 70, None, None)
LI_LINK = "https://www.linkedin.com/feed/update/urn:li:activity:7001"
LI_ROW = "Generated post,{},{},Generated Person,2025-05-01,{},70,9,11,,2"
LI_POST = ("north.linkedin", "urn:li:activity:7001", MAY_1, "image", 11, None, 2, 70, None, 9)
CT_ROW = "Generated North,generated.north,1001,500,600,2025-05-01 04:30:00 EDT,{},10,4,2,1,2,3,4"
CT_ROW += ",5,6,0,https://www.facebook.com/1001/posts/90000,Generated post"
CT_POST = ("north.facebook", "1001_90000", at(8, 30), "image", 31, 4, 2, None, None, None)

LAYOUTS = [
    pytest.param(
        X_NEW,
        f'1918000000000000001,"Thu, May 1, 2025",Generated post,{X_LINK},70,11,4,,6,3',
        ("north.x", "1918000000000000001", MAY_1, "other", 11, 4, None, 70, 3, None),
        None,
        id="x",
    ),
    pytest.param(
        X_OLD,
        f"1918000000000000001,{X_LINK},Generated post,2025-05-01 08:30 +0000,70.0,11.0,4.0,,9.0",
        ("north.x", "1918000000000000001", at(8, 30), "other", 11, 4, None, 70, None, 9),
        None,
        id="x-old",
    ),
    pytest.param(
        X_SV,
        f"1918000000000000001,{X_LINK},Genererat,1 maj 2025 kl. 10:30,70,11,",
        ("north.x", "1918000000000000001", at(8, 30), "other", 11, None, None, 70, None, None),
        None,
        id="x-sv",
    ),
    pytest.param(FB_EN, FB_ROW.format("Photo", "Lifetime", 11), FB_POST, None, id="facebook"),
    pytest.param(FB_SV, FB_ROW.format("Foton", "Livstid", 11), FB_POST, None, id="facebook-sv"),
    pytest.param(IG_EN, IG_ROW.format("IG reel"), IG_POST, None, id="instagram"),
    pytest.param(IG_SV, IG_ROW.format("Rullar"), IG_POST, None, id="instagram-sv"),
    pytest.param(
        YT_EN,
        'Total,,,700,90,,5,1\nabcdefghij-,Generated video,"May 1, 2025",70,11,,5,1',
        YT_POST,
        "north.youtube",
        id="youtube",
    ),
    pytest.param(
        YT_SV,
        "Totalt,,,700,90,,5,1\nabcdefghij-,Genererad video,1 maj 2025,70,11,,5,1",
        YT_POST,
        "UCgenerated",
        id="youtube-sv",
    ),
    pytest.param(
        LI_EN, LI_ROW.format(LI_LINK, "Sponsored", "Image"), LI_POST, "501", id="linkedin"
    ),
    pytest.param(
        LI_SV, LI_ROW.format(LI_LINK, "Sponsrad", "Bild"), LI_POST, "501", id="linkedin-sv"
    ),
    pytest.param(CT_EN, CT_ROW.format("Photo"), CT_POST, None, id="crowdtangle"),
    pytest.param(CT_SV, CT_ROW.format("Foto"), CT_POST, None, id="crowdtangle-sv"),
]
LIKED = {"likes", "gilla-markeringar", "reactions", "reaktioner"}
WRITTEN = ["2025-05-01 08:30 +0000", "2025-05-01 04:30:00 EDT", "2025-05-01 08:30", "2025-05-01"]
WRITTEN += ['"Thu, May 1, 2025"', '"May 1, 2025"', "1 maj 2025 kl. 10:30", "1 maj 2025"]


def posts(lake, columns=f"account_id, post_id, published_at, kind, {COUNTERS}"):
    return duckdb.sql(
        f"set timezone = 'UTC'; select {columns} from read_parquet("
        f"'{lake.root}/posts/*/*/*.parquet', union_by_name = true) order by all"
    ).fetchall()
