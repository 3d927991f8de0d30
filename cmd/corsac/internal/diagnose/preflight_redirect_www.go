package diagnose

var _ = register(&Cause{Slug: "preflight-redirect-www", rules: []rule{afterPreflight("preflight-redirect-www")}})
