package diagnose

var _ = register(&Cause{Slug: "payload-too-large-without-cors", InProxy: true})
