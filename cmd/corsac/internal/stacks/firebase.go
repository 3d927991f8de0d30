package stacks

import (
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "firebase", Aliases: []string{"firebase-hosting"}, Title: "Firebase Hosting", Layer: Edge,
	Holds:    Errors | Vary,
	Why:      "Hosting sends constants, so one origin; everyone gets it, and only that page can use it. Vary: Origin costs nothing and keeps caches right if that changes.",
	Signs:    []Sign{host(".web.app"), host(".firebaseapp.com")},
	Projects: []Project{{File: "firebase.json"}, {File: ".firebaserc"}},
	Snippet: func(p *cors.Policy) Snippet {
		return staticSnippet(p, "Firebase Hosting", Snippet{File: "firebase.json", Place: "merged with what is there"}, func(d *plan) string {
			return jsonLines(map[string]map[string][]headerRule{"hosting": {"headers": {d.jsonHeaders("**")}}})
		})
	},
	Advice: hostingAdvice("add a rewrite to firebase.json that sends the path to a function or to Cloud Run"),
})
