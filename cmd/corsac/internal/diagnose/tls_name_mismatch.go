package diagnose

var _ = register(&Cause{Slug: "tls-name-mismatch", rules: []rule{misspelledURL("tls-name-mismatch", www)}})
