package stacks

import (
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "firebase", Aliases: []string{"firebase-hosting"}, Title: "Firebase Hosting", Layer: Edge,
	Versions: "superstatic 10.0, the server of the Firebase CLI", Proof: Live, Holds: Errors | Vary | VaryPreflights,
	Why:      "Hosting sends constants, so one origin; everyone gets it, and only that page can use it. Vary: Origin costs nothing and keeps caches right if that changes.",
	Server:   npmServer("superstatic", `public --host "$host" --port "$port" -c firebase.json`, firebaseFiles),
	Signs:    []Sign{host(".web.app"), host(".firebaseapp.com")},
	Projects: []Project{{File: "firebase.json"}, {File: ".firebaserc"}},
	Snippet: func(p *cors.Policy) Snippet {
		return staticSnippet(p, "Firebase Hosting", Snippet{File: "firebase.json", Place: "merged with what is there"}, func(d *plan) string {
			return jsonLines(map[string]map[string][]headerRule{"hosting": {"headers": {d.jsonHeaders("**")}}})
		})
	},
	Advice: hostingAdvice("add a rewrite to firebase.json that sends the path to a function or to Cloud Run"),
})

func firebaseFiles(code string, _ Addresses) map[string]string {
	return map[string]string{"firebase.json": code + "\n", "public/200": "fine\n", "public/x": "{}\n", "package.json": packageJSON("superstatic@10.0.0")}
}
