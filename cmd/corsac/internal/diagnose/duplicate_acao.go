package diagnose

var _ = register(&Cause{Slug: "duplicate-acao", InProxy: true})
