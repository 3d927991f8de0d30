package diagnose

var _ = register(&Cause{Slug: "redirect-loop", rules: []rule{misspelledURL("redirect-loop", anySpelling)}})
