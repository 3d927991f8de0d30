package stacks

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestJSRules checks that the golden files have every rule of the frameworks in
// JavaScript, that rules have names of their own, and everything that is shown.
func TestJSRules(t *testing.T) {
	for _, stack := range []string{"express", "fastify", "koa", "hono"} {
		files, err := filepath.Glob("testdata/" + stack + "/*.txtar")
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
		seen := map[string]bool{}
		for _, r := range Lookup(stack).Source.Rules {
			if seen[r.ID] || !regexp.MustCompile("^"+stack+"/[a-z-]+$").MatchString(r.ID) || r.Title == "" || r.Why == "" || r.Fix == "" || r.Severity == "" {
				t.Errorf("%+v", r)
			}
			seen[r.ID] = true
			if !strings.Contains(all.String(), " "+r.ID+" ") {
				t.Errorf("no golden file shows %s", r.ID)
			}
		}
	}
}

// TestNest checks that the options of Nest are read as those of the package cors.
func TestNest(t *testing.T) {
	sites := readNest(expressTree(map[string]string{
		"src/main.ts":  "async function bootstrap() {\n  const app = await NestFactory.create(AppModule);\n  app.enableCors({ origin: ['https://a.example.com'], methods: ['PUT'], allowedHeaders: ['X-A'], credentials: true });\n}",
		"src/other.ts": "const app = await NestFactory.create<NestExpressApplication>(AppModule, { cors: true, bodyParser: false });\nconst b = await NestFactory.create(AppModule, { cors: false });",
	}))
	want := `src/main.ts:3:7 app.enableCors(…)
  allow_origins: https://a.example.com at 'https://a.example.com'
  allow_methods: PUT at 'PUT'
  allow_headers: X-A at 'X-A'
  allow_credentials: true at true
src/other.ts:1:75 NestFactory.create(…)
  allow_origins: * (default) at cors: true
  allow_methods: PUT (default) at cors: true
  allow_methods: PATCH (default) at cors: true
  allow_methods: DELETE (default) at cors: true
  allow_headers: * (default) at cors: true
  allow_headers: Authorization (default) at cors: true
  note express/any-origin 1:75 cors: true
  note express/default-methods 1:75 cors: true
  warning express/headers-reflected 1:75 cors: true
  note express/left-out 1:75 not set: credentials, exposedHeaders, maxAge
  note express/every-options 1:75 cors: true
`
	if got := showExpress(sites); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestNestImported checks that options from other files are read where they are.
func TestNestImported(t *testing.T) {
	for _, call := range []string{
		"app.enableCors(corsOptions);", "app.enableCors({ ...corsOptions });", "const b = await NestFactory.create(AppModule, { cors: corsOptions });",
		"const b = await NestFactory.create(AppModule, appOptions);",
	} {
		sites := readNest(expressTree(map[string]string{
			"src/main.ts": "import { corsOptions, appOptions } from './cors';\nasync function bootstrap() {\n  const app = await NestFactory.create(AppModule);\n  " + call + "\n}",
			"src/cors.ts": "export const corsOptions = { origin: ['https://a.example.com/'], methods: ['PUT'], allowedHeaders: ['X-A'] };\nexport const appOptions = { cors: corsOptions };",
		}))
		if len(sites) != 1 || len(sites[0].Draft.Entries) != 3 || sites[0].Draft.Entries[0].File.Name != "src/cors.ts" || len(sites[0].Faults) != 1 || sites[0].Faults[0].File.Name != "src/cors.ts" {
			t.Errorf("%s: %s", call, showExpress(sites))
		}
	}
}
