package diagnose

var _ = register(&Cause{Slug: "connection-refused", rules: []rule{misspelledURL("connection-refused", scheme)}})
