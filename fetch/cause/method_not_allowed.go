package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "method-not-allowed", Side: Policy, at: atMethods, rank: last, shows: []string{">" + protocol.RequestMethod, protocol.AllowMethods},
		Title:   "The server's policy does not allow the method {method}",
		When:    "The preflight is allowed for the page's origin, and Access-Control-Allow-Methods lacks the method.",
		Why:     "Any page may use GET, HEAD and POST. Any other method must be in the Access-Control-Allow-Methods of the preflight response.",
		Fix:     "Add {method} to the methods that the policy allows.",
		Example: fromApp(put(), grants("Access-Control-Allow-Methods: GET, POST")),
		Fixed:   answered(granted, read),
		applies: func(*scene) bool { return true },
	}
})
