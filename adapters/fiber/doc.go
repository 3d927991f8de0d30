// Package corsacfiber is corsac's middleware for [Fiber], whose requests package cors
// cannot read:
//
//	policy, err := corsacfiber.New(cors.Policy{
//		AllowOrigins: []string{"https://app.example.com"},
//		AllowMethods: []string{"PUT"},
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	app := fiber.New()
//	app.Use(policy.Handle)
//
// Package cors decides and makes the headers, so that the two answer alike:
//
//   - It answers preflights, and passes everything else on.
//   - The policy owns CORS, as with [cors.Middleware.WrapOverride]: once the handlers
//     have returned or panicked, it replaces what they have set, those of Fiber's own
//     proxy middleware too. An error is on its way to the app's ErrorHandler then,
//     which answers with the headers of the policy.
//   - Use it first, and with [fiber.App.Use], not for single routes: Fiber answers the
//     preflight of a route for PUT with 405.
//   - What fasthttp refuses before there is a handler, such as a body that is too
//     large, has no CORS headers.
//   - A request costs two small allocations.
//
// [Fiber]: https://gofiber.io
package corsacfiber
