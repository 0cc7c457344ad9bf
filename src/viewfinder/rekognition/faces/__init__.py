"""DetectFaces and CompareFaces: finds faces, and says how alike two are."""
