package stacks

import "testing"

// TestGoURL checks where a program is said to listen.
func TestGoURL(t *testing.T) {
	for body, want := range map[string]string{
		`http.ListenAndServe(":8080", nil)`: "http://localhost:8080",
		"addr := os.Getenv(\"ADDR\")\nif addr == \"\" {\naddr = \"127.0.0.1:8280\"\n}\nhttp.ListenAndServe(addr, nil)":                              "http://127.0.0.1:8280",
		"port := os.Getenv(\"PORT\")\nif port == \"\" {\nlog.Print(\"no PORT\")\nport = \"8281\"\n}\nhttp.ListenAndServe(\"localhost:\"+port, nil)": "http://localhost:8281",
		`http.ListenAndServe(":" + cmp.Or(os.Getenv("PORT"), "8090"), nil)`:                                                                         "http://localhost:8090",
		`http.ListenAndServe(":" + getEnv("PORT", "8091"), nil)`:                                                                                    "http://localhost:8091",
		"addr := flag.String(\"addr\", \":8092\", \"where\")\nhttp.ListenAndServe(*addr, nil)":                                                      "http://localhost:8092",
		"port := flag.Int(\"port\", 8093, \"where\")\nhttp.ListenAndServe(fmt.Sprintf(\":%d\", *port), nil)":                                        "http://localhost:8093",
		"s := &http.Server{Addr: net.JoinHostPort(\"\", os.Getenv(\"PORT\"))}\ns.ListenAndServe()":                                                  "",
		`http.ListenAndServe(os.Getenv("ADDR"), nil)`:                                                                                               "",
		"if port == \"\" {\n}\nhttp.ListenAndServe(fmt.Sprintf(\"%\", port), nil)":                                                                  "",
	} {
		tree := goTree(map[string]string{"main.go": "package main\n\nimport (\n\"cmp\"\n\"flag\"\n\"fmt\"\n\"net/http\"\n\"os\"\n)\n\nfunc main() {\n" + body + "\n}\n"})
		if got := goURL(openGo(tree, &Want{}).packages()); got != want {
			t.Errorf("%s\ngot %q, want %q", body, got, want)
		}
	}
}
