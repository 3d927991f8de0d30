package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "local-network-access", Side: Page, at: atFailed,
		Title:   "A public page needs permission to call the local network",
		When:    "A page on the public internet calls an address of the machine or its local network, without the permission.",
		Why:     "Chrome asks the user before such a request, and refuses it if the page is not https. It reports the refusal as a CORS error, though no header of the server can allow it.",
		Fix:     "Serve the page over https and let the user allow access to the local network; a frame needs allow=\"local-network-access\", too. For development, open the page from localhost.",
		Example: fromApp(fetch.Request{URL: "http://127.0.0.1:9100/print"}),
		Fixed: Scenario{Page: local, Answers: []Answer{
			{Status: 200, Headers: "Access-Control-Allow-Origin: http://localhost:5173"},
		}},
		applies: func(s *scene) bool {
			return s.code() == string(fetch.CodeLocalNetworkAccessPermissionDenied) || s.code() == string(fetch.CodeInsecureLocalNetwork)
		},
	}
})
