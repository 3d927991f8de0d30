package diagnose

var _ = register(&Cause{Slug: "rate-limited-without-cors", InProxy: true})
