package policyfile_test

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

// The policy of a file, in a server.
func ExampleParse() {
	data := []byte(`
policies:
  app:
    allow_origins: [https://app.example.com]
    allow_methods: [PUT]
gateway: # for corsac serve
  routes: [{upstream: "http://127.0.0.1:9000", policy: app}]
`) // or os.ReadFile("corsac.yaml")
	policies, err := policyfile.Parse(data)
	if err != nil {
		log.Fatal(err)
	}
	app, ok := policies["app"]
	if !ok {
		log.Fatal(`corsac.yaml has no policy "app"`)
	}
	policy, err := cors.New(app)
	if err != nil {
		log.Fatal(err) // never: Parse has checked it
	}
	handler := policy.Wrap(http.NotFoundHandler())

	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.Header.Set("Origin", "https://app.example.com")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Header().Get("Access-Control-Allow-Origin"))
	// Output: https://app.example.com
}

// Every mistake at once, each with its place.
func ExampleParse_mistakes() {
	_, err := policyfile.Parse([]byte(`policies:
  app:
    allow_origins: [https://app.example.com/]
    allow_method: [PUT]
`))
	var mistakes policyfile.Errors
	if errors.As(err, &mistakes) {
		for _, m := range mistakes {
			fmt.Printf("corsac.yaml:%v\n", m)
			line, caret := m.Excerpt()
			fmt.Printf("  | %s\n  | %s\n", line, caret)
		}
	}
	// Output:
	// corsac.yaml:3:21: policies.app.allow_origins[0]: "https://app.example.com/": an origin has no slash at its end; write "https://app.example.com"
	//   |     allow_origins: [https://app.example.com/]
	//   |                     ^
	// corsac.yaml:4:5: policies.app.allow_method: there is no such field; did you mean allow_methods?
	//   |     allow_method: [PUT]
	//   |     ^
}

func ExampleMarshal() {
	data, err := policyfile.Marshal(map[string]cors.Policy{
		"app":    {AllowOrigins: []string{"https://*.example.com"}, AllowMethods: []string{"PUT"}, AllowCredentials: true},
		"public": {AllowOrigins: []string{"*"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", data)
	// Output:
	// policies:
	//   app:
	//     allow_origins: ["https://*.example.com"]
	//     allow_methods: [PUT]
	//     allow_credentials: true
	//   public:
	//     allow_origins: ["*"]
}

func ExampleLine() {
	line, err := policyfile.Line("allow_headers", "Content-Type", "X-Trace")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(line)
	// Output: allow_headers: [Content-Type, X-Trace]
}
