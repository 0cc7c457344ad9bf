BEGIN;
CREATE TABLE aliases (
        alias TEXT NOT NULL,
        term INTEGER NOT NULL REFERENCES terms ON DELETE CASCADE,
        PRIMARY KEY (alias, term)
    ) STRICT, WITHOUT ROWID;
INSERT INTO aliases (alias, term) VALUES ('automobile',24);
INSERT INTO aliases (alias, term) VALUES ('canine',11);
INSERT INTO aliases (alias, term) VALUES ('couch',4);
INSERT INTO aliases (alias, term) VALUES ('human',102);
INSERT INTO aliases (alias, term) VALUES ('road',23);
CREATE TABLE bitmaps (
        term INTEGER NOT NULL,
        part INTEGER NOT NULL,
        images BLOB NOT NULL,
        PRIMARY KEY (term, part)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE copied (sha256 TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO copied (sha256) VALUES ('2b90be8fab3b5c6360fe473f107a5f2c8c3b78462ed46e131a03046a51654734');
INSERT INTO copied (sha256) VALUES ('eec34e452aaea75d6ccd4b599686e3d9e0e3425ce411e47abdb38c32182d2c53');
CREATE TABLE folders (
        level INTEGER NOT NULL,
        folder TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (level, folder)
    ) STRICT, WITHOUT ROWID;
INSERT INTO folders (level, folder, count) VALUES (1,'Fotos/',1);
INSERT INTO folders (level, folder, count) VALUES (1,'a/',1);
INSERT INTO folders (level, folder, count) VALUES (1,'bad/',3);
INSERT INTO folders (level, folder, count) VALUES (1,'corrected/',1);
INSERT INTO folders (level, folder, count) VALUES (1,'dogs/',1);
INSERT INTO folders (level, folder, count) VALUES (1,'engine/',1);
INSERT INTO folders (level, folder, count) VALUES (1,'failed/',1);
INSERT INTO folders (level, folder, count) VALUES (1,'late/',1);
INSERT INTO folders (level, folder, count) VALUES (1,'many/',1);
INSERT INTO folders (level, folder, count) VALUES (1,'people/',1);
INSERT INTO folders (level, folder, count) VALUES (1,'signs/',1);
INSERT INTO folders (level, folder, count) VALUES (1,'trash/',1);
INSERT INTO folders (level, folder, count) VALUES (2,'Fotos/2024/',1);
INSERT INTO folders (level, folder, count) VALUES (2,'a/b/',1);
INSERT INTO folders (level, folder, count) VALUES (3,'Fotos/2024/Sommer/',1);
INSERT INTO folders (level, folder, count) VALUES (3,'a/b/c/',1);
INSERT INTO folders (level, folder, count) VALUES (4,'a/b/c/d/',1);
INSERT INTO folders (level, folder, count) VALUES (5,'a/b/c/d/e/',1);
INSERT INTO folders (level, folder, count) VALUES (6,'a/b/c/d/e/f/',1);
INSERT INTO folders (level, folder, count) VALUES (7,'a/b/c/d/e/f/g/',1);
INSERT INTO folders (level, folder, count) VALUES (8,'a/b/c/d/e/f/g/h/',1);
CREATE TABLE hashes (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        image INTEGER NOT NULL UNIQUE REFERENCES images,
        hash TEXT NOT NULL
    ) STRICT;
CREATE TABLE images (
        id INTEGER PRIMARY KEY,
        image_id TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        expires_at INTEGER,
        summary TEXT NOT NULL,
        record TEXT NOT NULL
    , sha256 TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (1,'labels-only.png',1767225764000000,NULL,'{"StoredFormat":2,"ImageId":"labels-only.png","Status":"ANALYZED","AnalyzedAt":"2026-01-01T00:00:01.000000Z","Width":96,"Height":80,"Labels":{"Tiger":100.0,"Sofa":100.0,"Animal":97.0},"Categories":{"Home and Indoors":100.0,"Animals and Pets":97.0}}','{"ImageId":"labels-only.png","Status":"ANALYZED","Sequencer":"1","AnalyzedAt":"2026-01-01T00:00:01.000000Z","Size":1108,"ETag":"377196befb073642231c98413741399b","Sha256":"2b90be8fab3b5c6360fe473f107a5f2c8c3b78462ed46e131a03046a51654734","Format":"PNG","Width":96,"Height":80,"LabelModelVersion":"3.0","Thumbnail":"thumbnails/cf17ddb59f4f803bf8e357f2/1767225606000000-2b90be8fab3b5c63.webp","Screen":"","Reason":"","Message":"","Version":1767225764000000,"StoredFormat":2,"Effort":"REUSED","Labels":[{"Name":"Animal","Confidence":97.0,"Parents":[],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[],"Instances":[]},{"Name":"Cat","Confidence":96.5,"Parents":[{"Name":"Animal"}],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[],"Instances":[]},{"Name":"Sofa","Confidence":80.0,"Parents":[],"Categories":[{"Name":"Home and Indoors"}],"Aliases":[{"Name":"Couch"}],"Instances":[]}],"Features":["LABELS","TEXT","FACES"],"VersionId":"version-001","Likeness":{"Sharpness":46808.1},"Corrections":{"Added":["Tiger","sofa"],"Removed":["Cat"],"Content":"2b90be8fab3b5c6360fe473f107a5f2c8c3b78462ed46e131a03046a51654734"},"Facts":{}}','2b90be8fab3b5c6360fe473f107a5f2c8c3b78462ed46e131a03046a51654734');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (2,'dogs/rex.jpg',1767225776000000,NULL,'{"StoredFormat":2,"ImageId":"dogs/rex.jpg","Status":"ANALYZED","AnalyzedAt":"2026-01-01T00:02:49.000000Z","Width":96,"Height":80,"Labels":{"Animal":99.5,"Pet":99.5,"Dog":98.7654,"Grass":60.25},"Categories":{"Animals and Pets":99.5,"Plants and Flowers":60.25},"TakenAt":"2024-07-14T18:30:05.250000","Camera":"FUJIFILM X100V"}','{"ImageId":"dogs/rex.jpg","Status":"ANALYZED","Sequencer":"11","AnalyzedAt":"2026-01-01T00:02:49.000000Z","Size":1424,"ETag":"cc22071f0705a457679c4b983bd5974a","Sha256":"eec34e452aaea75d6ccd4b599686e3d9e0e3425ce411e47abdb38c32182d2c53","Format":"PNG","Width":96,"Height":80,"LabelModelVersion":"3.0","Thumbnail":"thumbnails/abfbc298e6b5449d7bd446d5/1767225615000000-eec34e452aaea75d.webp","Screen":"","Reason":"","Message":"","Version":1767225776000000,"StoredFormat":2,"Effort":"DETECTED","Labels":[{"Name":"Animal","Confidence":99.5,"Parents":[],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[],"Instances":[]},{"Name":"Pet","Confidence":99.5,"Parents":[{"Name":"Animal"}],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[],"Instances":[]},{"Name":"Dog","Confidence":98.7654,"Parents":[{"Name":"Animal"},{"Name":"Pet"}],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[{"Name":"Canine"}],"Instances":[{"BoundingBox":{"Left":0.125,"Top":0.25,"Width":0.5,"Height":0.333333},"Confidence":98.7654},{"BoundingBox":{"Left":0.6,"Top":0.25,"Width":0.5,"Height":0.333333},"Confidence":71.5}]},{"Name":"Grass","Confidence":60.25,"Parents":[{"Name":"Plant"}],"Categories":[{"Name":"Plants and Flowers"}],"Aliases":[],"Instances":[]}],"Features":["LABELS","TEXT","FACES"],"VersionId":"version-002","Likeness":{"Sharpness":51544.1},"Facts":{"TakenAt":"2024-07-14T18:30:05.250000","TakenOffset":"+02:00","TakenAtSource":"EXIF","Camera":"FUJIFILM X100V","ExposureTime":0.004,"FNumber":5.6,"FocalLength":23.0,"Latitude":47.3691667,"Longitude":8.5416667}}','eec34e452aaea75d6ccd4b599686e3d9e0e3425ce411e47abdb38c32182d2c53');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (3,'dogs/copy of rex.jpg',1767225794000000,1769817793,'{"StoredFormat":2,"ImageId":"dogs/copy of rex.jpg","Status":"REMOVED","AnalyzedAt":"2026-01-01T00:03:13.000000Z","Reason":"DELETED","Size":1424,"VersionId":"version-003"}','{"ImageId":"dogs/copy of rex.jpg","Status":"REMOVED","Sequencer":"2C","AnalyzedAt":"2026-01-01T00:03:13.000000Z","Size":1424,"ETag":"cc22071f0705a457679c4b983bd5974a","Sha256":"eec34e452aaea75d6ccd4b599686e3d9e0e3425ce411e47abdb38c32182d2c53","Format":"","Width":0,"Height":0,"LabelModelVersion":"","Thumbnail":"","Screen":"","Reason":"DELETED","Message":"","Version":1767225794000000,"StoredFormat":2,"Effort":"RECORD","Features":[],"VersionId":"version-003","Facts":{}}','eec34e452aaea75d6ccd4b599686e3d9e0e3425ce411e47abdb38c32182d2c53');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (4,'Fotos/2024/Sommer/Zürich ☀ + Straße 100%.jpg',1767225628000000,NULL,'{"StoredFormat":2,"ImageId":"Fotos/2024/Sommer/Z\u00fcrich \u2600 + Stra\u00dfe 100%.jpg","Status":"ANALYZED","AnalyzedAt":"2026-01-01T00:00:21.000000Z","Width":96,"Height":80,"Labels":{"Stra\u00dfe":88.0,"Car":77.7777},"Categories":{"Transport and Logistics":88.0,"Buildings and Architecture":88.0,"Vehicles and Automotive":77.7777},"TakenAt":"2023-12-31T23:59:59.000000","Camera":"Canon EOS R6"}','{"ImageId":"Fotos/2024/Sommer/Z\u00fcrich \u2600 + Stra\u00dfe 100%.jpg","Status":"ANALYZED","Sequencer":"13","AnalyzedAt":"2026-01-01T00:00:21.000000Z","Size":1290,"ETag":"e1ca84edaddde67a52709ce8a79aa4d7","Sha256":"f9ab15c03423ae956eb886effe6d03aff92194ca7f1564b2e73a41de57625b81","Format":"PNG","Width":96,"Height":80,"LabelModelVersion":"3.0","Thumbnail":"thumbnails/fec230690d81d0c747c7a451/0-f9ab15c03423ae95.webp","Screen":"","Reason":"","Message":"","Version":1767225628000000,"StoredFormat":2,"Effort":"DETECTED","Labels":[{"Name":"Stra\u00dfe","Confidence":88.0,"Parents":[],"Categories":[{"Name":"Transport and Logistics"},{"Name":"Buildings and Architecture"}],"Aliases":[{"Name":"Road"}],"Instances":[]},{"Name":"Car","Confidence":77.7777,"Parents":[{"Name":"Vehicle"}],"Categories":[{"Name":"Vehicles and Automotive"}],"Aliases":[{"Name":"Automobile"}],"Instances":[]}],"Features":["LABELS","TEXT","FACES"],"VersionId":"version-004","Likeness":{"Sharpness":52940.0},"Facts":{"TakenAt":"2023-12-31T23:59:59.000000","TakenAtSource":"EXIF","Camera":"Canon EOS R6"}}','f9ab15c03423ae956eb886effe6d03aff92194ca7f1564b2e73a41de57625b81');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (5,'many/labels.png',1767225766000000,NULL,'{"StoredFormat":2,"ImageId":"many/labels.png","Status":"ANALYZED","AnalyzedAt":"2026-01-01T00:00:30.000000Z","Width":96,"Height":80,"Labels":{"\u00dcbersicht":100.0,"Collage":100.0,"Thing 01":99.0,"Thing 02":98.5,"Thing 03":98.0,"Thing 04":97.5,"Thing 05":97.0,"Thing 06":96.5,"Thing 07":96.0,"Thing 08":95.5,"Thing 09":95.0,"Thing 10":94.5,"Thing 11":94.0,"Thing 12":93.5,"Thing 13":93.0,"Thing 14":92.5,"Thing 15":92.0,"Thing 16":91.5,"Thing 17":91.0,"Thing 18":90.5,"Thing 19":90.0,"Thing 20":89.5,"Thing 21":89.0,"Thing 22":88.5,"Thing 23":88.0,"Thing 24":87.5,"Thing 25":87.0,"Thing 26":86.5,"Thing 27":86.0,"Thing 28":85.5,"Thing 29":85.0,"Thing 30":84.5,"Thing 31":84.0,"Thing 32":83.5,"Thing 33":83.0,"Thing 34":82.5,"Thing 35":82.0,"Thing 36":81.5,"Thing 37":81.0,"Thing 38":80.5,"Thing 39":80.0,"Thing 40":79.5},"Categories":{"Category 00":99.0,"Category 01":98.5,"Category 02":98.0,"Category 03":97.5,"Category 04":97.0,"Category 05":96.5,"Category 06":96.0,"Category 07":95.5,"Category 08":95.0,"Category 09":94.5,"Category 10":94.0,"Category 11":93.5}}','{"ImageId":"many/labels.png","Status":"ANALYZED","Sequencer":"14","AnalyzedAt":"2026-01-01T00:00:30.000000Z","Size":1108,"ETag":"bbcf54e95d5004a3f0645fa9b7a0e99a","Sha256":"b9da2f18fec01e9f41d42a198605dc927f923f8325a0c17ea86fd620aee4f373","Format":"PNG","Width":96,"Height":80,"LabelModelVersion":"3.0","Thumbnail":"thumbnails/4d9aff67ae12dd8ba6913a25/0-b9da2f18fec01e9f.webp","Screen":"","Reason":"","Message":"","Version":1767225766000000,"StoredFormat":2,"Effort":"DETECTED","Labels":[{"Name":"Thing 01","Confidence":99.0,"Parents":[],"Categories":[{"Name":"Category 00"}],"Aliases":[],"Instances":[]},{"Name":"Thing 02","Confidence":98.5,"Parents":[],"Categories":[{"Name":"Category 01"}],"Aliases":[],"Instances":[]},{"Name":"Thing 03","Confidence":98.0,"Parents":[],"Categories":[{"Name":"Category 02"}],"Aliases":[],"Instances":[]},{"Name":"Thing 04","Confidence":97.5,"Parents":[],"Categories":[{"Name":"Category 03"}],"Aliases":[],"Instances":[]},{"Name":"Thing 05","Confidence":97.0,"Parents":[],"Categories":[{"Name":"Category 04"}],"Aliases":[],"Instances":[]},{"Name":"Thing 06","Confidence":96.5,"Parents":[],"Categories":[{"Name":"Category 05"}],"Aliases":[],"Instances":[]},{"Name":"Thing 07","Confidence":96.0,"Parents":[],"Categories":[{"Name":"Category 06"}],"Aliases":[],"Instances":[]},{"Name":"Thing 08","Confidence":95.5,"Parents":[],"Categories":[{"Name":"Category 07"}],"Aliases":[],"Instances":[]},{"Name":"Thing 09","Confidence":95.0,"Parents":[],"Categories":[{"Name":"Category 08"}],"Aliases":[],"Instances":[]},{"Name":"Thing 10","Confidence":94.5,"Parents":[],"Categories":[{"Name":"Category 09"}],"Aliases":[],"Instances":[]},{"Name":"Thing 11","Confidence":94.0,"Parents":[],"Categories":[{"Name":"Category 10"}],"Aliases":[],"Instances":[]},{"Name":"Thing 12","Confidence":93.5,"Parents":[],"Categories":[{"Name":"Category 11"}],"Aliases":[],"Instances":[]},{"Name":"Thing 13","Confidence":93.0,"Parents":[],"Categories":[{"Name":"Category 00"}],"Aliases":[],"Instances":[]},{"Name":"Thing 14","Confidence":92.5,"Parents":[],"Categories":[{"Name":"Category 01"}],"Aliases":[],"Instances":[]},{"Name":"Thing 15","Confidence":92.0,"Parents":[],"Categories":[{"Name":"Category 02"}],"Aliases":[],"Instances":[]},{"Name":"Thing 16","Confidence":91.5,"Parents":[],"Categories":[{"Name":"Category 03"}],"Aliases":[],"Instances":[]},{"Name":"Thing 17","Confidence":91.0,"Parents":[],"Categories":[{"Name":"Category 04"}],"Aliases":[],"Instances":[]},{"Name":"Thing 18","Confidence":90.5,"Parents":[],"Categories":[{"Name":"Category 05"}],"Aliases":[],"Instances":[]},{"Name":"Thing 19","Confidence":90.0,"Parents":[],"Categories":[{"Name":"Category 06"}],"Aliases":[],"Instances":[]},{"Name":"Thing 20","Confidence":89.5,"Parents":[],"Categories":[{"Name":"Category 07"}],"Aliases":[],"Instances":[]},{"Name":"Thing 21","Confidence":89.0,"Parents":[],"Categories":[{"Name":"Category 08"}],"Aliases":[],"Instances":[]},{"Name":"Thing 22","Confidence":88.5,"Parents":[],"Categories":[{"Name":"Category 09"}],"Aliases":[],"Instances":[]},{"Name":"Thing 23","Confidence":88.0,"Parents":[],"Categories":[{"Name":"Category 10"}],"Aliases":[],"Instances":[]},{"Name":"Thing 24","Confidence":87.5,"Parents":[],"Categories":[{"Name":"Category 11"}],"Aliases":[],"Instances":[]},{"Name":"Thing 25","Confidence":87.0,"Parents":[],"Categories":[{"Name":"Category 00"}],"Aliases":[],"Instances":[]},{"Name":"Thing 26","Confidence":86.5,"Parents":[],"Categories":[{"Name":"Category 01"}],"Aliases":[],"Instances":[]},{"Name":"Thing 27","Confidence":86.0,"Parents":[],"Categories":[{"Name":"Category 02"}],"Aliases":[],"Instances":[]},{"Name":"Thing 28","Confidence":85.5,"Parents":[],"Categories":[{"Name":"Category 03"}],"Aliases":[],"Instances":[]},{"Name":"Thing 29","Confidence":85.0,"Parents":[],"Categories":[{"Name":"Category 04"}],"Aliases":[],"Instances":[]},{"Name":"Thing 30","Confidence":84.5,"Parents":[],"Categories":[{"Name":"Category 05"}],"Aliases":[],"Instances":[]},{"Name":"Thing 31","Confidence":84.0,"Parents":[],"Categories":[{"Name":"Category 06"}],"Aliases":[],"Instances":[]},{"Name":"Thing 32","Confidence":83.5,"Parents":[],"Categories":[{"Name":"Category 07"}],"Aliases":[],"Instances":[]},{"Name":"Thing 33","Confidence":83.0,"Parents":[],"Categories":[{"Name":"Category 08"}],"Aliases":[],"Instances":[]},{"Name":"Thing 34","Confidence":82.5,"Parents":[],"Categories":[{"Name":"Category 09"}],"Aliases":[],"Instances":[]},{"Name":"Thing 35","Confidence":82.0,"Parents":[],"Categories":[{"Name":"Category 10"}],"Aliases":[],"Instances":[]},{"Name":"Thing 36","Confidence":81.5,"Parents":[],"Categories":[{"Name":"Category 11"}],"Aliases":[],"Instances":[]},{"Name":"Thing 37","Confidence":81.0,"Parents":[],"Categories":[{"Name":"Category 00"}],"Aliases":[],"Instances":[]},{"Name":"Thing 38","Confidence":80.5,"Parents":[],"Categories":[{"Name":"Category 01"}],"Aliases":[],"Instances":[]},{"Name":"Thing 39","Confidence":80.0,"Parents":[],"Categories":[{"Name":"Category 02"}],"Aliases":[],"Instances":[]},{"Name":"Thing 40","Confidence":79.5,"Parents":[],"Categories":[{"Name":"Category 03"}],"Aliases":[],"Instances":[]}],"Features":["LABELS","TEXT","FACES"],"VersionId":"version-005","Likeness":{"Sharpness":50627.9},"Corrections":{"Added":["\u00dcbersicht","Collage"],"Removed":[],"Content":"b9da2f18fec01e9f41d42a198605dc927f923f8325a0c17ea86fd620aee4f373"},"Facts":{}}','b9da2f18fec01e9f41d42a198605dc927f923f8325a0c17ea86fd620aee4f373');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (6,'signs/stop.png',1767225796000000,NULL,'{"StoredFormat":2,"ImageId":"signs/stop.png","Status":"ANALYZED","AnalyzedAt":"2026-01-01T00:00:39.000000Z","Width":96,"Height":80,"TakenAt":"1999-01-02T03:04:05.000000","Words":["stop","strasse","gesperrt"]}','{"ImageId":"signs/stop.png","Status":"ANALYZED","Sequencer":"15","AnalyzedAt":"2026-01-01T00:00:39.000000Z","Size":1246,"ETag":"dcab39c3ec58f22ce9253816b17e5008","Sha256":"44fb130a7ad56d90c2ab471f62fae191d64fbed68b09ae23002cfb374bf4ecfa","Format":"PNG","Width":96,"Height":80,"LabelModelVersion":"3.0","Thumbnail":"thumbnails/23dc72a1c7c89b0a8f5d12c9/0-44fb130a7ad56d90.webp","Screen":"","Reason":"","Message":"","Version":1767225796000000,"StoredFormat":2,"Effort":"DETECTED","Labels":[{"Name":"Sign","Confidence":93.0,"Parents":[],"Categories":[{"Name":"Symbols and Flags"}],"Aliases":[{"Name":"Symbol"}],"Instances":[]}],"Texts":[{"Id":0,"Type":"LINE","DetectedText":"STOP! Stra\u00dfe gesperrt","Confidence":97.25,"Geometry":{"BoundingBox":{"Left":0.1,"Top":0.2,"Width":0.3,"Height":0.1},"Polygon":[{"X":0.1,"Y":0.2},{"X":0.4,"Y":0.2},{"X":0.4,"Y":0.3},{"X":0.1,"Y":0.3}]}},{"Id":1,"Type":"WORD","DetectedText":"STOP!","Confidence":97.25,"Geometry":{"BoundingBox":{"Left":0.1,"Top":0.2,"Width":0.3,"Height":0.1},"Polygon":[{"X":0.1,"Y":0.2},{"X":0.4,"Y":0.2},{"X":0.4,"Y":0.3},{"X":0.1,"Y":0.3}]},"ParentId":0},{"Id":2,"Type":"WORD","DetectedText":"Stra\u00dfe","Confidence":97.25,"Geometry":{"BoundingBox":{"Left":0.1,"Top":0.2,"Width":0.3,"Height":0.1},"Polygon":[{"X":0.1,"Y":0.2},{"X":0.4,"Y":0.2},{"X":0.4,"Y":0.3},{"X":0.1,"Y":0.3}]},"ParentId":0},{"Id":3,"Type":"WORD","DetectedText":"gesperrt","Confidence":97.25,"Geometry":{"BoundingBox":{"Left":0.1,"Top":0.2,"Width":0.3,"Height":0.1},"Polygon":[{"X":0.1,"Y":0.2},{"X":0.4,"Y":0.2},{"X":0.4,"Y":0.3},{"X":0.1,"Y":0.3}]},"ParentId":0}],"Features":["LABELS","TEXT","FACES"],"VersionId":"version-006","Likeness":{"Sharpness":46758.7},"Corrections":{"Added":[],"Removed":["Sign"],"Content":"44fb130a7ad56d90c2ab471f62fae191d64fbed68b09ae23002cfb374bf4ecfa"},"Facts":{"TakenAt":"1999-01-02T03:04:05.000000","TakenAtSource":"EXIF"}}','44fb130a7ad56d90c2ab471f62fae191d64fbed68b09ae23002cfb374bf4ecfa');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (7,'people/group.png',1767225655000000,NULL,'{"StoredFormat":2,"ImageId":"people/group.png","Status":"ANALYZED","AnalyzedAt":"2026-01-01T00:00:48.000000Z","Width":96,"Height":80,"Labels":{"Person":99.9999},"Categories":{"Person Description":99.9999},"Camera":"Pixel 9"}','{"ImageId":"people/group.png","Status":"ANALYZED","Sequencer":"16","AnalyzedAt":"2026-01-01T00:00:48.000000Z","Size":1223,"ETag":"2fb367df6b93b2c9cb309f3e810cb606","Sha256":"8978f61081b78c54309970122c5c0a28da3e0cc2d35f459a8191ca20852ab0f8","Format":"PNG","Width":96,"Height":80,"LabelModelVersion":"3.0","Thumbnail":"thumbnails/1d02bf0fdec62d9d67d9db69/0-8978f61081b78c54.webp","Screen":"","Reason":"","Message":"","Version":1767225655000000,"StoredFormat":2,"Effort":"DETECTED","Labels":[{"Name":"Person","Confidence":99.9999,"Parents":[],"Categories":[{"Name":"Person Description"}],"Aliases":[{"Name":"Human"}],"Instances":[]}],"Faces":[{"BoundingBox":{"Left":0.125,"Top":0.25,"Width":0.5,"Height":0.333333},"Confidence":99.25,"Landmarks":[{"Type":"eyeLeft","X":0.2,"Y":0.3},{"Type":"eyeRight","X":0.4,"Y":0.3}]},{"BoundingBox":{"Left":0.7,"Top":0.25,"Width":0.1,"Height":0.333333},"Confidence":80.5,"Landmarks":[]}],"Features":["LABELS","TEXT","FACES"],"VersionId":"version-007","Likeness":{"Sharpness":46054.2},"Facts":{"Camera":"Pixel 9"}}','8978f61081b78c54309970122c5c0a28da3e0cc2d35f459a8191ca20852ab0f8');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (8,'a/b/c/d/e/f/g/h/i/nested.png',1767225664000000,NULL,'{"StoredFormat":2,"ImageId":"a/b/c/d/e/f/g/h/i/nested.png","Status":"ANALYZED","AnalyzedAt":"2026-01-01T00:00:57.000000Z","Width":96,"Height":80}','{"ImageId":"a/b/c/d/e/f/g/h/i/nested.png","Status":"ANALYZED","Sequencer":"17","AnalyzedAt":"2026-01-01T00:00:57.000000Z","Size":1108,"ETag":"2d045c51ea54f4130dfb071a079249a4","Sha256":"dcf9cd6977287c6d924aed29da188b2945f9cb4f29f3d47c1354a059aeee259f","Format":"PNG","Width":96,"Height":80,"LabelModelVersion":"3.0","Thumbnail":"thumbnails/32056aa7d54e3f0e5e178cbc/0-dcf9cd6977287c6d.webp","Screen":"","Reason":"","Message":"","Version":1767225664000000,"StoredFormat":2,"Effort":"DETECTED","Features":["LABELS","TEXT","FACES"],"VersionId":"version-008","Likeness":{"Sharpness":48798.7},"Facts":{}}','dcf9cd6977287c6d924aed29da188b2945f9cb4f29f3d47c1354a059aeee259f');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (9,'bad/text.jpg',1767225669000000,NULL,'{"StoredFormat":2,"ImageId":"bad/text.jpg","Status":"REJECTED","AnalyzedAt":"2026-01-01T00:01:06.000000Z","Reason":"NOT_AN_IMAGE"}','{"ImageId":"bad/text.jpg","Status":"REJECTED","Sequencer":"18","AnalyzedAt":"2026-01-01T00:01:06.000000Z","Size":20,"ETag":"0ab42183f2677325f8e21275c077206f","Sha256":"7ee92a5dabae310ff78631403271e6fd0b8fc53072414898b497e863f1938354","Format":"","Width":0,"Height":0,"LabelModelVersion":"","Thumbnail":"","Screen":"","Reason":"NOT_AN_IMAGE","Message":"The content is not that of an image.","Version":1767225669000000,"StoredFormat":2,"Effort":"RECORD","Features":[],"VersionId":"version-009","Facts":{}}','7ee92a5dabae310ff78631403271e6fd0b8fc53072414898b497e863f1938354');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (10,'bad/cut.png',1767225674000000,NULL,'{"StoredFormat":2,"ImageId":"bad/cut.png","Status":"REJECTED","AnalyzedAt":"2026-01-01T00:01:11.000000Z","Reason":"TRUNCATED_IMAGE"}','{"ImageId":"bad/cut.png","Status":"REJECTED","Sequencer":"19","AnalyzedAt":"2026-01-01T00:01:11.000000Z","Size":300,"ETag":"2b29262cd20453cad85d89df70be38f3","Sha256":"0e413acd2e9d61c30c2d9caa807aa391e347b76828bc92c0d23733eccd5666ad","Format":"","Width":0,"Height":0,"LabelModelVersion":"","Thumbnail":"","Screen":"","Reason":"TRUNCATED_IMAGE","Message":"The file ends before the picture does.","Version":1767225674000000,"StoredFormat":2,"Effort":"RECORD","Features":[],"VersionId":"version-010","Facts":{}}','0e413acd2e9d61c30c2d9caa807aa391e347b76828bc92c0d23733eccd5666ad');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (11,'bad/empty.png',1767225679000000,NULL,'{"StoredFormat":2,"ImageId":"bad/empty.png","Status":"REJECTED","AnalyzedAt":"2026-01-01T00:01:16.000000Z","Reason":"EMPTY_OBJECT"}','{"ImageId":"bad/empty.png","Status":"REJECTED","Sequencer":"1A","AnalyzedAt":"2026-01-01T00:01:16.000000Z","Size":0,"ETag":"d41d8cd98f00b204e9800998ecf8427e","Sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","Format":"","Width":0,"Height":0,"LabelModelVersion":"","Thumbnail":"","Screen":"","Reason":"EMPTY_OBJECT","Message":"The object is empty.","Version":1767225679000000,"StoredFormat":2,"Effort":"RECORD","Features":[],"VersionId":"version-011","Facts":{}}','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (12,'failed/throttled.png',1767225688000000,NULL,'{"StoredFormat":2,"ImageId":"failed/throttled.png","Status":"FAILED","AnalyzedAt":"2026-01-01T00:01:27.000000Z","Reason":"DETECTOR_UNAVAILABLE"}','{"ImageId":"failed/throttled.png","Status":"FAILED","Sequencer":"1B","AnalyzedAt":"2026-01-01T00:01:27.000000Z","Size":0,"ETag":"","Sha256":"","Format":"","Width":0,"Height":0,"LabelModelVersion":"","Thumbnail":"","Screen":"","Reason":"DETECTOR_UNAVAILABLE","Message":"ThrottlingException: Slow down","Version":1767225688000000,"StoredFormat":2,"Effort":"RECORD","Features":[],"Facts":{}}','');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (13,'overwritten.png',1767225800000000,NULL,'{"StoredFormat":2,"ImageId":"overwritten.png","Status":"ANALYZED","AnalyzedAt":"2026-01-01T00:03:18.000000Z","Width":96,"Height":80,"Labels":{"Animal":99.5,"Pet":99.5,"Dog":98.7654,"Grass":60.25},"Categories":{"Animals and Pets":99.5,"Plants and Flowers":60.25},"TakenAt":"2024-07-14T18:30:05.250000","Camera":"FUJIFILM X100V"}','{"ImageId":"overwritten.png","Status":"ANALYZED","Sequencer":"2D","AnalyzedAt":"2026-01-01T00:03:18.000000Z","Size":1424,"ETag":"cc22071f0705a457679c4b983bd5974a","Sha256":"eec34e452aaea75d6ccd4b599686e3d9e0e3425ce411e47abdb38c32182d2c53","Format":"PNG","Width":96,"Height":80,"LabelModelVersion":"3.0","Thumbnail":"thumbnails/608c38a2f0ce4f5ea9961bf8/1767225706000000-eec34e452aaea75d.webp","Screen":"","Reason":"","Message":"","Version":1767225800000000,"StoredFormat":2,"Effort":"REUSED","Labels":[{"Name":"Animal","Confidence":99.5,"Parents":[],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[],"Instances":[]},{"Name":"Pet","Confidence":99.5,"Parents":[{"Name":"Animal"}],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[],"Instances":[]},{"Name":"Dog","Confidence":98.7654,"Parents":[{"Name":"Animal"},{"Name":"Pet"}],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[{"Name":"Canine"}],"Instances":[{"BoundingBox":{"Left":0.125,"Top":0.25,"Width":0.5,"Height":0.333333},"Confidence":98.7654},{"BoundingBox":{"Left":0.6,"Top":0.25,"Width":0.5,"Height":0.333333},"Confidence":71.5}]},{"Name":"Grass","Confidence":60.25,"Parents":[{"Name":"Plant"}],"Categories":[{"Name":"Plants and Flowers"}],"Aliases":[],"Instances":[]}],"Features":["LABELS","TEXT","FACES"],"VersionId":"version-030","Likeness":{"Sharpness":51544.1},"Facts":{"TakenAt":"2024-07-14T18:30:05.250000","TakenOffset":"+02:00","TakenAtSource":"EXIF","Camera":"FUJIFILM X100V","ExposureTime":0.004,"FNumber":5.6,"FocalLength":23.0,"Latitude":47.3691667,"Longitude":8.5416667}}','eec34e452aaea75d6ccd4b599686e3d9e0e3425ce411e47abdb38c32182d2c53');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (14,'trash/removed.png',1767225718000000,1769817717,'{"StoredFormat":2,"ImageId":"trash/removed.png","Status":"REMOVED","AnalyzedAt":"2026-01-01T00:01:57.000000Z","Reason":"DELETED","Size":1246,"VersionId":"version-015"}','{"ImageId":"trash/removed.png","Status":"REMOVED","Sequencer":"1F","AnalyzedAt":"2026-01-01T00:01:57.000000Z","Size":1246,"ETag":"2677a7fdf95166b31abc2b408014d4c3","Sha256":"54574aae185ffacdc1374abd873e4753ee3cd1b19b9a30ebd3c8e2c3a970963f","Format":"","Width":0,"Height":0,"LabelModelVersion":"","Thumbnail":"","Screen":"","Reason":"DELETED","Message":"","Version":1767225718000000,"StoredFormat":2,"Effort":"RECORD","Features":[],"VersionId":"version-015","Facts":{}}','54574aae185ffacdc1374abd873e4753ee3cd1b19b9a30ebd3c8e2c3a970963f');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (15,'trash/restored.png',1767225729000000,NULL,'{"StoredFormat":2,"ImageId":"trash/restored.png","Status":"ANALYZED","AnalyzedAt":"2026-01-01T00:02:07.000000Z","Width":96,"Height":80,"Labels":{"Animal":99.5,"Pet":99.5},"Categories":{"Animals and Pets":99.5},"TakenAt":"2022-02-02T02:02:02.000000"}','{"ImageId":"trash/restored.png","Status":"ANALYZED","Sequencer":"22","AnalyzedAt":"2026-01-01T00:02:07.000000Z","Size":1246,"ETag":"2677a7fdf95166b31abc2b408014d4c3","Sha256":"54574aae185ffacdc1374abd873e4753ee3cd1b19b9a30ebd3c8e2c3a970963f","Format":"PNG","Width":96,"Height":80,"LabelModelVersion":"3.0","Thumbnail":"thumbnails/4c7792b3cbdcde0ac93b61c4/1767225725000000-54574aae185ffacd.webp","Screen":"","Reason":"","Message":"","Version":1767225729000000,"StoredFormat":2,"Effort":"REUSED","Labels":[{"Name":"Animal","Confidence":99.5,"Parents":[],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[],"Instances":[]},{"Name":"Pet","Confidence":99.5,"Parents":[{"Name":"Animal"}],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[],"Instances":[]}],"Features":["LABELS","TEXT","FACES"],"VersionId":"version-019","Likeness":{"Sharpness":50245.8},"Facts":{"TakenAt":"2022-02-02T02:02:02.000000","TakenAtSource":"EXIF"}}','54574aae185ffacdc1374abd873e4753ee3cd1b19b9a30ebd3c8e2c3a970963f');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (16,'trash/purged.png',1767225744000000,1769817740,'{"StoredFormat":2,"ImageId":"trash/purged.png","Status":"REMOVED","AnalyzedAt":"2026-01-01T00:02:20.000000Z"}','{"ImageId":"trash/purged.png","Status":"REMOVED","Sequencer":"24","AnalyzedAt":"2026-01-01T00:02:20.000000Z","Size":1108,"ETag":"1c8c65a13b1eaf2de156427f39af68f8","Sha256":"82d8b04ea6299e9c0b471545ee83d2ede5e2fd3e7c7fda59ca03c8912e66317c","Format":"","Width":0,"Height":0,"LabelModelVersion":"","Thumbnail":"","Screen":"","Reason":"","Message":"","Version":1767225744000000,"StoredFormat":2,"Effort":"RECORD","Features":[],"VersionId":"version-020","Facts":{}}','82d8b04ea6299e9c0b471545ee83d2ede5e2fd3e7c7fda59ca03c8912e66317c');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (17,'trash/never-seen.png',1767225747000000,1769817746,'{"StoredFormat":2,"ImageId":"trash/never-seen.png","Status":"REMOVED","AnalyzedAt":"2026-01-01T00:02:26.000000Z"}','{"ImageId":"trash/never-seen.png","Status":"REMOVED","Sequencer":"26","AnalyzedAt":"2026-01-01T00:02:26.000000Z","Size":0,"ETag":"","Sha256":"","Format":"","Width":0,"Height":0,"LabelModelVersion":"","Thumbnail":"","Screen":"","Reason":"","Message":"","Version":1767225747000000,"StoredFormat":2,"Effort":"RECORD","Features":[],"Facts":{}}','');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (18,'trash/expired.png',1767225750000000,1769817749,'{"StoredFormat":2,"ImageId":"trash/expired.png","Status":"REMOVED","AnalyzedAt":"2026-01-01T00:02:29.000000Z"}','{"ImageId":"trash/expired.png","Status":"REMOVED","Sequencer":"28","AnalyzedAt":"2026-01-01T00:02:29.000000Z","Size":0,"ETag":"","Sha256":"","Format":"","Width":0,"Height":0,"LabelModelVersion":"","Thumbnail":"","Screen":"","Reason":"","Message":"","Version":1767225750000000,"StoredFormat":2,"Effort":"RECORD","Features":[],"Facts":{}}','');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (19,'corrected/cat.png',1767225760000000,NULL,'{"StoredFormat":2,"ImageId":"corrected/cat.png","Status":"ANALYZED","AnalyzedAt":"2026-01-01T00:02:32.000000Z","Width":96,"Height":80,"Labels":{"Tiger":100.0,"Sofa":100.0,"Animal":97.0},"Categories":{"Home and Indoors":100.0,"Animals and Pets":97.0}}','{"ImageId":"corrected/cat.png","Status":"ANALYZED","Sequencer":"29","AnalyzedAt":"2026-01-01T00:02:32.000000Z","Size":1108,"ETag":"377196befb073642231c98413741399b","Sha256":"2b90be8fab3b5c6360fe473f107a5f2c8c3b78462ed46e131a03046a51654734","Format":"PNG","Width":96,"Height":80,"LabelModelVersion":"3.0","Thumbnail":"thumbnails/1689664fdc3c4fcf1a02e6d2/0-2b90be8fab3b5c63.webp","Screen":"","Reason":"","Message":"","Version":1767225760000000,"StoredFormat":2,"Effort":"DETECTED","Labels":[{"Name":"Animal","Confidence":97.0,"Parents":[],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[],"Instances":[]},{"Name":"Cat","Confidence":96.5,"Parents":[{"Name":"Animal"}],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[],"Instances":[]},{"Name":"Sofa","Confidence":80.0,"Parents":[],"Categories":[{"Name":"Home and Indoors"}],"Aliases":[{"Name":"Couch"}],"Instances":[]}],"Features":["LABELS","TEXT","FACES"],"VersionId":"version-026","Likeness":{"Sharpness":46808.1},"Corrections":{"Added":["Tiger","sofa"],"Removed":["Cat"],"Content":"2b90be8fab3b5c6360fe473f107a5f2c8c3b78462ed46e131a03046a51654734"},"Facts":{}}','2b90be8fab3b5c6360fe473f107a5f2c8c3b78462ed46e131a03046a51654734');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (20,'engine/sofa.png',1767225785000000,NULL,'{"StoredFormat":2,"ImageId":"engine/sofa.png","Status":"ANALYZED","AnalyzedAt":"2026-01-01T00:02:58.000000Z","Width":96,"Height":80,"Labels":{"Couch":64.5}}','{"ImageId":"engine/sofa.png","Status":"ANALYZED","Sequencer":"2A","AnalyzedAt":"2026-01-01T00:02:58.000000Z","Size":1108,"ETag":"5f9979549bce568df425a4c0296cdf1f","Sha256":"431975ece49dce5366f7678628e0ac6ab3dea96102b96929c7022a06e7eb8e01","Format":"PNG","Width":96,"Height":80,"LabelModelVersion":"3.0","Thumbnail":"thumbnails/80bc129c3e00c136d34986ee/0-431975ece49dce53.webp","Screen":"","Reason":"","Message":"","Version":1767225785000000,"StoredFormat":2,"Effort":"DETECTED","Labels":[{"Name":"Couch","Confidence":64.5,"Parents":[{"Name":"Furniture"}],"Categories":[],"Aliases":[],"Instances":[]}],"Features":["LABELS","TEXT","FACES"],"VersionId":"version-027","Likeness":{"Sharpness":47323.4},"Facts":{}}','431975ece49dce5366f7678628e0ac6ab3dea96102b96929c7022a06e7eb8e01');
INSERT INTO images (id, image_id, version, expires_at, summary, record, sha256) VALUES (21,'late/giraffe.png',1767225791000000,NULL,'{"StoredFormat":2,"ImageId":"late/giraffe.png","Status":"ANALYZED","AnalyzedAt":"2026-01-01T00:03:09.000000Z","Width":96,"Height":80,"Labels":{"Giraffe":91.0},"Categories":{"Animals and Pets":91.0}}','{"ImageId":"late/giraffe.png","Status":"ANALYZED","Sequencer":"2B","AnalyzedAt":"2026-01-01T00:03:09.000000Z","Size":1108,"ETag":"1c8c65a13b1eaf2de156427f39af68f8","Sha256":"82d8b04ea6299e9c0b471545ee83d2ede5e2fd3e7c7fda59ca03c8912e66317c","Format":"PNG","Width":96,"Height":80,"LabelModelVersion":"3.0","Thumbnail":"thumbnails/d100db093aa2752ac28cd6f5/0-82d8b04ea6299e9c.webp","Screen":"","Reason":"","Message":"","Version":1767225791000000,"StoredFormat":2,"Effort":"REUSED","Labels":[{"Name":"Giraffe","Confidence":91.0,"Parents":[{"Name":"Animal"}],"Categories":[{"Name":"Animals and Pets"}],"Aliases":[],"Instances":[]}],"Features":["LABELS","TEXT","FACES"],"VersionId":"version-028","Likeness":{"Sharpness":44018.4},"Facts":{}}','82d8b04ea6299e9c0b471545ee83d2ede5e2fd3e7c7fda59ca03c8912e66317c');
CREATE TABLE leases (
        name TEXT PRIMARY KEY,
        holder TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        done_at TEXT
    ) STRICT, WITHOUT ROWID;
INSERT INTO leases (name, holder, expires_at, done_at) VALUES ('general-labels-max40-min55-labels-text-faces/2b90be8fab3b5c6360fe473f107a5f2c8c3b78462ed46e131a03046a51654734','00000000000000000000000000000010',1767225829,'2026-01-01T00:00:04.000000Z');
INSERT INTO leases (name, holder, expires_at, done_at) VALUES ('general-labels-max40-min55-labels-text-faces/82d8b04ea6299e9c0b471545ee83d2ede5e2fd3e7c7fda59ca03c8912e66317c','0000000000000000000000000000000f',1767225808,'2026-01-01T00:02:14.000000Z');
INSERT INTO leases (name, holder, expires_at, done_at) VALUES ('general-labels-max40-min55-labels-text-faces/d34fe250d9ffb119c3bd3a55115ea8e97d2f504d061a55da4103219ca4454c78','00000000000000000000000000000001',1767225863,NULL);
INSERT INTO leases (name, holder, expires_at, done_at) VALUES ('general-labels-max40-min55-labels-text-faces/eec34e452aaea75d6ccd4b599686e3d9e0e3425ce411e47abdb38c32182d2c53','00000000000000000000000000000011',1767225846,'2026-01-01T00:02:52.000000Z');
INSERT INTO leases (name, holder, expires_at, done_at) VALUES ('viewfinder-1.2-general-labels-max40-min55-labels-text-faces/431975ece49dce5366f7678628e0ac6ab3dea96102b96929c7022a06e7eb8e01','00000000000000000000000000000001',1767225855,'2026-01-01T00:03:01.000000Z');
CREATE TABLE outbox (
        id INTEGER PRIMARY KEY,
        image_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        event TEXT NOT NULL,
        saved_at REAL NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        due_at REAL NOT NULL DEFAULT 0,
        problem TEXT NOT NULL DEFAULT '',
        is_dead INTEGER NOT NULL DEFAULT 0
    ) STRICT;
CREATE TABLE people (
        person_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        merged_into TEXT NOT NULL,
        person TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE TABLE postings (
        image INTEGER NOT NULL REFERENCES images,
        term INTEGER NOT NULL REFERENCES terms,
        analyzed_at INTEGER NOT NULL,
        taken_at INTEGER NOT NULL,
        rank INTEGER NOT NULL,
        PRIMARY KEY (image, term)
    ) STRICT, WITHOUT ROWID;
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (1,1,63902822401000000,788918401000000,0);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (1,2,63902822401000000,788918401000000,30000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (1,4,63902822401000000,788918401000000,0);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (1,5,63902822401000000,788918401000000,30000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (1,6,63902822401000000,788918401000000,0);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (1,8,63902822401000000,788918401000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (1,133,63902822401000000,788918401000000,0);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (1,136,63902822401000000,788918401000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (1,137,63902822401000000,788918401000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,1,63902822569000000,63856578605250000,5000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,2,63902822569000000,63856578605250000,5000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,5,63902822569000000,63856578605250000,5000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,10,63902822569000000,63856578605250000,5000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,11,63902822569000000,63856578605250000,12346);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,12,63902822569000000,63856578605250000,397500);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,13,63902822569000000,63856578605250000,397500);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,14,63902822569000000,63856578605250000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,15,63902822569000000,63856578605250000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,16,63902822569000000,63856578605250000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,17,63902822569000000,63856578605250000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,18,63902822569000000,63856578605250000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (2,19,63902822569000000,63856578605250000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (3,128,63902822593000000,788918593000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,1,63902822421000000,63839663999000000,120000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,23,63902822421000000,63839663999000000,120000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,24,63902822421000000,63839663999000000,222223);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,25,63902822421000000,63839663999000000,120000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,26,63902822421000000,63839663999000000,120000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,27,63902822421000000,63839663999000000,222223);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,28,63902822421000000,63839663999000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,29,63902822421000000,63839663999000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,30,63902822421000000,63839663999000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,31,63902822421000000,63839663999000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,32,63902822421000000,63839663999000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,33,63902822421000000,63839663999000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,34,63902822421000000,63839663999000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,35,63902822421000000,63839663999000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,36,63902822421000000,63839663999000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,37,63902822421000000,63839663999000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,38,63902822421000000,63839663999000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (4,39,63902822421000000,63839663999000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,1,63902822430000000,788918430000000,0);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,8,63902822430000000,788918430000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,138,63902822430000000,788918430000000,0);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,139,63902822430000000,788918430000000,0);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,140,63902822430000000,788918430000000,10000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,141,63902822430000000,788918430000000,15000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,142,63902822430000000,788918430000000,20000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,143,63902822430000000,788918430000000,25000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,144,63902822430000000,788918430000000,30000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,145,63902822430000000,788918430000000,35000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,146,63902822430000000,788918430000000,40000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,147,63902822430000000,788918430000000,45000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,148,63902822430000000,788918430000000,50000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,149,63902822430000000,788918430000000,55000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,150,63902822430000000,788918430000000,60000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,151,63902822430000000,788918430000000,65000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,152,63902822430000000,788918430000000,70000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,153,63902822430000000,788918430000000,75000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,154,63902822430000000,788918430000000,80000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,155,63902822430000000,788918430000000,85000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,156,63902822430000000,788918430000000,90000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,157,63902822430000000,788918430000000,95000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,158,63902822430000000,788918430000000,100000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,159,63902822430000000,788918430000000,105000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,160,63902822430000000,788918430000000,110000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,161,63902822430000000,788918430000000,115000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,162,63902822430000000,788918430000000,120000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,163,63902822430000000,788918430000000,125000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,164,63902822430000000,788918430000000,130000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,165,63902822430000000,788918430000000,135000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,166,63902822430000000,788918430000000,140000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,167,63902822430000000,788918430000000,145000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,168,63902822430000000,788918430000000,150000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,169,63902822430000000,788918430000000,155000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,170,63902822430000000,788918430000000,160000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,171,63902822430000000,788918430000000,165000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,172,63902822430000000,788918430000000,170000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,173,63902822430000000,788918430000000,175000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,174,63902822430000000,788918430000000,180000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,175,63902822430000000,788918430000000,185000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,176,63902822430000000,788918430000000,190000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,177,63902822430000000,788918430000000,195000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,178,63902822430000000,788918430000000,200000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,179,63902822430000000,788918430000000,205000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,180,63902822430000000,788918430000000,10000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,181,63902822430000000,788918430000000,15000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,182,63902822430000000,788918430000000,20000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,183,63902822430000000,788918430000000,25000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,184,63902822430000000,788918430000000,30000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,185,63902822430000000,788918430000000,35000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,186,63902822430000000,788918430000000,40000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,187,63902822430000000,788918430000000,45000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,188,63902822430000000,788918430000000,50000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,189,63902822430000000,788918430000000,55000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,190,63902822430000000,788918430000000,60000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,191,63902822430000000,788918430000000,65000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (5,192,63902822430000000,788918430000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (6,1,63902822439000000,63050843045000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (6,199,63902822439000000,63050843045000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (6,200,63902822439000000,63050843045000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (6,201,63902822439000000,63050843045000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (6,202,63902822439000000,63050843045000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (6,203,63902822439000000,63050843045000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (6,204,63902822439000000,63050843045000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (6,205,63902822439000000,63050843045000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (7,1,63902822448000000,788918448000000,1);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (7,102,63902822448000000,788918448000000,1);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (7,103,63902822448000000,788918448000000,1);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (7,104,63902822448000000,788918448000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (7,105,63902822448000000,788918448000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (7,106,63902822448000000,788918448000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (7,107,63902822448000000,788918448000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (8,1,63902822457000000,788918457000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (8,108,63902822457000000,788918457000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (8,109,63902822457000000,788918457000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (8,110,63902822457000000,788918457000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (8,111,63902822457000000,788918457000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (8,112,63902822457000000,788918457000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (8,113,63902822457000000,788918457000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (8,114,63902822457000000,788918457000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (8,115,63902822457000000,788918457000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (8,116,63902822457000000,788918457000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (8,117,63902822457000000,788918457000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (9,118,63902822466000000,788918466000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (9,119,63902822466000000,788918466000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (9,120,63902822466000000,788918466000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (10,118,63902822471000000,788918471000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (10,120,63902822471000000,788918471000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (10,121,63902822471000000,788918471000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (11,118,63902822476000000,788918476000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (11,120,63902822476000000,788918476000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (11,122,63902822476000000,788918476000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (12,123,63902822487000000,788918487000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (12,124,63902822487000000,788918487000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (12,125,63902822487000000,788918487000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (13,1,63902822598000000,63856578605250000,5000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (13,2,63902822598000000,63856578605250000,5000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (13,5,63902822598000000,63856578605250000,5000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (13,10,63902822598000000,63856578605250000,5000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (13,11,63902822598000000,63856578605250000,12346);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (13,12,63902822598000000,63856578605250000,397500);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (13,13,63902822598000000,63856578605250000,397500);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (13,14,63902822598000000,63856578605250000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (13,15,63902822598000000,63856578605250000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (13,18,63902822598000000,63856578605250000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (13,19,63902822598000000,63856578605250000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (13,206,63902822598000000,63856578605250000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (14,128,63902822517000000,788918517000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (15,1,63902822527000000,63779364122000000,5000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (15,2,63902822527000000,63779364122000000,5000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (15,5,63902822527000000,63779364122000000,5000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (15,10,63902822527000000,63779364122000000,5000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (15,129,63902822527000000,63779364122000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (15,130,63902822527000000,63779364122000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (15,131,63902822527000000,63779364122000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (15,132,63902822527000000,63779364122000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (19,1,63902822552000000,788918552000000,0);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (19,2,63902822552000000,788918552000000,30000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (19,4,63902822552000000,788918552000000,0);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (19,5,63902822552000000,788918552000000,30000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (19,6,63902822552000000,788918552000000,0);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (19,133,63902822552000000,788918552000000,0);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (19,134,63902822552000000,788918552000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (19,135,63902822552000000,788918552000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (20,1,63902822578000000,788918578000000,355000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (20,193,63902822578000000,788918578000000,355000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (20,194,63902822578000000,788918578000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (20,195,63902822578000000,788918578000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (21,1,63902822589000000,788918589000000,90000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (21,5,63902822589000000,788918589000000,90000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (21,196,63902822589000000,788918589000000,90000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (21,197,63902822589000000,788918589000000,1000000);
INSERT INTO postings (image, term, analyzed_at, taken_at, rank) VALUES (21,198,63902822589000000,788918589000000,1000000);
CREATE TABLE sqlite_sequence(name,seq);
CREATE TABLE terms (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        count INTEGER NOT NULL DEFAULT 0,
        description TEXT, has_bitmap INTEGER NOT NULL DEFAULT 0,
        UNIQUE (kind, name)
    ) STRICT;
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (1,'STATUS','analyzed',12,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (2,'LABEL','animal',5,'["Animal",[],["Animals and Pets"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (4,'LABEL','sofa',2,'["Sofa",[],["Home and Indoors"],["Couch"]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (5,'CATEGORY','animals and pets',6,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (6,'CATEGORY','home and indoors',2,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (8,'FILE','labels',2,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (10,'LABEL','pet',3,'["Pet",["Animal"],["Animals and Pets"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (11,'LABEL','dog',2,'["Dog",["Animal","Pet"],["Animals and Pets"],["Canine"]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (12,'LABEL','grass',2,'["Grass",["Plant"],["Plants and Flowers"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (13,'CATEGORY','plants and flowers',2,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (14,'CAMERA','fujifilm',2,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (15,'CAMERA','x100v',2,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (16,'FILE','rex',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (17,'FOLDER','dogs',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (18,'MONTH','07',2,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (19,'DAY','07-14',2,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (23,'LABEL','strasse',1,'["Stra\u00dfe",[],["Transport and Logistics","Buildings and Architecture"],["Road"]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (24,'LABEL','car',1,'["Car",[],["Vehicles and Automotive"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (25,'CATEGORY','transport and logistics',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (26,'CATEGORY','buildings and architecture',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (27,'CATEGORY','vehicles and automotive',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (28,'CAMERA','canon',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (29,'CAMERA','eos',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (30,'CAMERA','r6',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (31,'FILE','zurich ☀ + strasse 100%',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (32,'FILE','zurich',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (33,'FILE','strasse',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (34,'FILE','100',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (35,'FOLDER','sommer',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (36,'FOLDER','2024',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (37,'FOLDER','fotos',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (38,'MONTH','12',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (39,'DAY','12-31',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (102,'LABEL','person',1,'["Person",[],["Person Description"],["Human"]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (103,'CATEGORY','person description',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (104,'CAMERA','pixel',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (105,'CAMERA','9',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (106,'FILE','group',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (107,'FOLDER','people',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (108,'FILE','nested',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (109,'FOLDER','i',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (110,'FOLDER','h',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (111,'FOLDER','g',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (112,'FOLDER','f',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (113,'FOLDER','e',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (114,'FOLDER','d',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (115,'FOLDER','c',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (116,'FOLDER','b',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (117,'FOLDER','a',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (118,'STATUS','rejected',3,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (119,'FILE','text',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (120,'FOLDER','bad',3,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (121,'FILE','cut',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (122,'FILE','empty',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (123,'STATUS','failed',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (124,'FILE','throttled',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (125,'FOLDER','failed',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (128,'STATUS','removed',2,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (129,'FILE','restored',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (130,'FOLDER','trash',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (131,'MONTH','02',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (132,'DAY','02-02',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (133,'LABEL','tiger',2,'["Tiger",[],[],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (134,'FILE','cat',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (135,'FOLDER','corrected',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (136,'FILE','labels-only',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (137,'FILE','only',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (138,'LABEL','übersicht',1,'["\u00dcbersicht",[],[],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (139,'LABEL','collage',1,'["Collage",[],[],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (140,'LABEL','thing 01',1,'["Thing 01",[],["Category 00"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (141,'LABEL','thing 02',1,'["Thing 02",[],["Category 01"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (142,'LABEL','thing 03',1,'["Thing 03",[],["Category 02"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (143,'LABEL','thing 04',1,'["Thing 04",[],["Category 03"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (144,'LABEL','thing 05',1,'["Thing 05",[],["Category 04"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (145,'LABEL','thing 06',1,'["Thing 06",[],["Category 05"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (146,'LABEL','thing 07',1,'["Thing 07",[],["Category 06"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (147,'LABEL','thing 08',1,'["Thing 08",[],["Category 07"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (148,'LABEL','thing 09',1,'["Thing 09",[],["Category 08"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (149,'LABEL','thing 10',1,'["Thing 10",[],["Category 09"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (150,'LABEL','thing 11',1,'["Thing 11",[],["Category 10"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (151,'LABEL','thing 12',1,'["Thing 12",[],["Category 11"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (152,'LABEL','thing 13',1,'["Thing 13",[],["Category 00"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (153,'LABEL','thing 14',1,'["Thing 14",[],["Category 01"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (154,'LABEL','thing 15',1,'["Thing 15",[],["Category 02"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (155,'LABEL','thing 16',1,'["Thing 16",[],["Category 03"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (156,'LABEL','thing 17',1,'["Thing 17",[],["Category 04"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (157,'LABEL','thing 18',1,'["Thing 18",[],["Category 05"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (158,'LABEL','thing 19',1,'["Thing 19",[],["Category 06"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (159,'LABEL','thing 20',1,'["Thing 20",[],["Category 07"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (160,'LABEL','thing 21',1,'["Thing 21",[],["Category 08"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (161,'LABEL','thing 22',1,'["Thing 22",[],["Category 09"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (162,'LABEL','thing 23',1,'["Thing 23",[],["Category 10"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (163,'LABEL','thing 24',1,'["Thing 24",[],["Category 11"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (164,'LABEL','thing 25',1,'["Thing 25",[],["Category 00"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (165,'LABEL','thing 26',1,'["Thing 26",[],["Category 01"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (166,'LABEL','thing 27',1,'["Thing 27",[],["Category 02"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (167,'LABEL','thing 28',1,'["Thing 28",[],["Category 03"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (168,'LABEL','thing 29',1,'["Thing 29",[],["Category 04"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (169,'LABEL','thing 30',1,'["Thing 30",[],["Category 05"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (170,'LABEL','thing 31',1,'["Thing 31",[],["Category 06"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (171,'LABEL','thing 32',1,'["Thing 32",[],["Category 07"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (172,'LABEL','thing 33',1,'["Thing 33",[],["Category 08"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (173,'LABEL','thing 34',1,'["Thing 34",[],["Category 09"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (174,'LABEL','thing 35',1,'["Thing 35",[],["Category 10"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (175,'LABEL','thing 36',1,'["Thing 36",[],["Category 11"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (176,'LABEL','thing 37',1,'["Thing 37",[],["Category 00"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (177,'LABEL','thing 38',1,'["Thing 38",[],["Category 01"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (178,'LABEL','thing 39',1,'["Thing 39",[],["Category 02"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (179,'LABEL','thing 40',1,'["Thing 40",[],["Category 03"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (180,'CATEGORY','category 00',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (181,'CATEGORY','category 01',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (182,'CATEGORY','category 02',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (183,'CATEGORY','category 03',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (184,'CATEGORY','category 04',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (185,'CATEGORY','category 05',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (186,'CATEGORY','category 06',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (187,'CATEGORY','category 07',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (188,'CATEGORY','category 08',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (189,'CATEGORY','category 09',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (190,'CATEGORY','category 10',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (191,'CATEGORY','category 11',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (192,'FOLDER','many',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (193,'LABEL','couch',1,'["Couch",["Furniture"],[],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (194,'FILE','sofa',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (195,'FOLDER','engine',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (196,'LABEL','giraffe',1,'["Giraffe",["Animal"],["Animals and Pets"],[]]',0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (197,'FILE','giraffe',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (198,'FOLDER','late',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (199,'WORD','stop',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (200,'WORD','strasse',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (201,'WORD','gesperrt',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (202,'FILE','stop',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (203,'FOLDER','signs',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (204,'MONTH','01',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (205,'DAY','01-02',1,NULL,0);
INSERT INTO terms (id, kind, name, count, description, has_bitmap) VALUES (206,'FILE','overwritten',1,NULL,0);
CREATE TABLE vectors (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        sha256 TEXT NOT NULL UNIQUE,
        model TEXT NOT NULL,
        vector BLOB NOT NULL
    ) STRICT;
CREATE VIRTUAL TABLE word_parts
    USING fts5(name, tokenize = 'trigram', content = 'words', content_rowid = 'id');
CREATE VIEW words AS SELECT id, name FROM terms WHERE kind = 'WORD';
CREATE INDEX aliases_by_term ON aliases (term);
CREATE INDEX images_by_content ON images (sha256, image_id, expires_at) WHERE expires_at IS NULL;
CREATE INDEX images_by_folder ON images (image_id, expires_at) WHERE expires_at IS NULL;
CREATE INDEX images_that_expire ON images (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX leases_by_end ON leases (expires_at);
CREATE INDEX outbox_by_image ON outbox (image_id, id) WHERE NOT is_dead;
CREATE INDEX outbox_by_time ON outbox (due_at, id) WHERE NOT is_dead;
CREATE INDEX people_by_count ON terms (count, name) WHERE kind = 'PERSON';
CREATE INDEX people_by_name ON people (name) WHERE name != '';
CREATE INDEX people_merged ON people (merged_into) WHERE merged_into != '';
CREATE INDEX postings_by_rank ON postings (term, rank, image);
CREATE INDEX postings_by_taking ON postings (term, taken_at, image, rank);
CREATE INDEX postings_by_time ON postings (term, analyzed_at, image, rank);
CREATE TRIGGER bitmap_removed AFTER DELETE ON terms WHEN OLD.has_bitmap BEGIN
        DELETE FROM bitmaps WHERE term = OLD.id;
    END;
CREATE TRIGGER content_forgotten AFTER DELETE ON images WHEN OLD.sha256 != '' BEGIN
        DELETE FROM vectors WHERE sha256 = OLD.sha256
        AND NOT EXISTS (SELECT 1 FROM images WHERE sha256 = OLD.sha256 AND expires_at IS NULL);
    END;
CREATE TRIGGER posting_added AFTER INSERT ON postings BEGIN
        UPDATE terms SET count = count + 1 WHERE id = NEW.term;
    END;
CREATE TRIGGER posting_removed AFTER DELETE ON postings BEGIN
        UPDATE terms SET count = count - 1 WHERE id = OLD.term;
        DELETE FROM terms WHERE id = OLD.term AND count = 0;
    END;
CREATE TRIGGER word_added AFTER INSERT ON terms WHEN NEW.kind = 'WORD' BEGIN
        INSERT INTO word_parts (rowid, name) VALUES (NEW.id, NEW.name);
    END;
CREATE TRIGGER word_removed AFTER DELETE ON terms WHEN OLD.kind = 'WORD' BEGIN
        INSERT INTO word_parts (word_parts, rowid, name) VALUES ('delete', OLD.id, OLD.name);
    END;
INSERT INTO word_parts (word_parts) VALUES ('rebuild');
COMMIT;
PRAGMA application_id = 1447449428;
PRAGMA user_version = 12;
