package stacks

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
)

// project returns a tree of files; each begins with a line "# name".
func project(text string) *source.Tree {
	fsys, names := fstest.MapFS{}, []string(nil)
	for part := range strings.SplitSeq(text, "### ") {
		name, content, ok := strings.Cut(part, "\n")
		if ok && name != "" {
			fsys[name] = &fstest.MapFile{Data: []byte(content)}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return source.NewTree("", fsys, names)
}

// fastapiSites returns sites in lines: title, entries, remarks, faults.
func fastapiSites(sites []*Site) string {
	var b strings.Builder
	for _, s := range sites {
		p := s.File.Place(s.Start)
		fmt.Fprintf(&b, "%s:%d:%d %s %s\n", p.File, p.Line, p.Column, s.Title, s.Path)
		for _, e := range s.Draft.Entries {
			mark := ""
			if e.Default {
				mark = " (default)"
			}
			fmt.Fprintf(&b, "  %s %s%s\n", e.Field, e.Value, mark)
		}
		for _, r := range s.Draft.Remarks {
			fmt.Fprintf(&b, "  %s %s: %s\n", r.Kind, r.Field, r.Text)
		}
		for _, f := range s.Faults {
			p := f.File.Place(f.Start)
			fmt.Fprintf(&b, "  ! %d:%d %s\n", p.Line, p.Column, f.Rule.ID)
		}
	}
	return b.String()
}

const fastapiHead = `from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
app = FastAPI()
`

// readFastAPI reads one file, or several that each begin with a line ### and its
// name.
func readFastAPI(text string) []*Site {
	if !strings.HasPrefix(text, "### ") {
		text = "### main.py\n" + text
	}
	return Lookup("fastapi").Source.Read(project(text))
}

// call is the fifth line of a file: add_middleware with options.
func call(options string) string {
	return fastapiHead + "import os\napp.add_middleware(CORSMiddleware, " + options + ")\n"
}

// usual are the faults of every app.add_middleware(CORSMiddleware, …).
const usual = "unhandled-errors@5:1 missing-vary@5:1 refused-says-more@5:1 no-credentials@5:1"

// TestFastAPIRules has a file for each rule, and the faults in it with their
// places, those of usual left out.
func TestFastAPIRules(t *testing.T) {
	const good = `allow_origins=["https://app.example.com"], allow_methods=["GET"]`
	seen := map[string]bool{}
	for _, c := range []struct{ text, want string }{
		{call(good), ""},
		{call(`allow_origins=["*"], allow_credentials=True, allow_methods=["GET"]`), "any-origin-with-credentials@5:51 -no-credentials"},
		{call(`allow_origin_regex=".*", allow_credentials=True, allow_methods=["GET"]`), "any-origin-with-credentials@5:55 -no-credentials"},
		{call(`allow_origins=["https://app.example.com"]`), "default-methods@5:1"},
		{call(`allow_origins=["https://app.example.com"], allow_methods=["*"], allow_headers=["*"]`), "every-method@5:93 every-header@5:114"},
		{call(`allow_origins="https://app.example.com", allow_methods="*", allow_headers="X-A"`), "every-method@5:91 string-for-list@5:50 string-for-list@5:110"},
		{call(`allow_origins=os.getenv("ORIGINS"), allow_methods=("GET",)`), "string-for-list@5:50"},
		{call(`allow_origins=os.environ["ORIGINS"], allow_methods=("GET",)`), "string-for-list@5:50"},
		{call(`allow_origins=os.environ["ORIGINS"].split(","), allow_methods=("GET",)`), ""},
		{
			call(`allow_origins=["https://a.example/", "https://a.example/x", "a.example", "https://*.a.example", "https://A.example:443", "null", "*"], allow_methods=("GET",)`),
			"origin-path@5:73 origin-scheme@5:96 origin-spelling@5:132 origin-trailing-slash@5:51 origin-wildcard@5:109 null-origin@5:157 star-among-origins@5:165 -missing-vary -refused -no-cred",
		},
		{call(`allow_origin_regex=["https://.*"], allow_methods=["GET"]`), "list-for-regex@5:55"},
		{call(`allow_origin_regex=r"https://app.example\.com", allow_methods=["GET"]`), "regex-dot@5:55"},
		{call(`allow_origin_regex=r"https://.*example\.com", allow_methods=["GET"]`), "regex-wide@5:55"},
		{call(`allow_origin_regex=r"https://app\.example\.com.*", allow_methods=["GET"]`), "regex-wide@5:55"},
		{call(`allow_origin_regex=r"http://localhost:\d+", allow_methods=["GET"]`), ""},
		{call(`allow_origin_regex=r"https://([a-z0-9-]+\.)*example\.com", allow_methods=["GET"]`), ""},
		{call(`allow_origin_regex=r"https://.*\.example\.com", allow_methods=["GET"]`), ""},
		{call(`allow_origin_regex=".*", allow_methods=["GET"]`), "regex-everything@5:55 -missing-vary -refused -no-cred"},
		{call(good) + "app.add_middleware(Auth)\n@app.middleware('http')\ndef f(a, b):\n    pass\napp.add_middleware(GZipMiddleware)\n", "middleware-outside@6:1 middleware-outside@7:1"},
		{call(good) + "app.add_middleware(CORSMiddleware, " + good + ")\n", "two-middlewares@6:1 +unhandled-errors@6:1 +missing-vary@6:1 +refused-says-more@6:1 +no-credentials@6:1"},
		{call(good) + "other = FastAPI()\nother.mount('/x', app)\n", "part-of-app@5:1"},
		{call(good) + "def f(r):\n    r.headers['access-control-allow-origin'] = '*'\n", "own-header@7:5"},
		{fastapiHead + "def f(r):\n    r.headers['Access-Control-Allow-Origin'] = '*'\n", "by-hand@5:5 -unhandled -missing -refused -no-cred"},
		{fastapiHead + "@app.options('/x')\ndef f(r):\n    return R(headers={'Access-Control-Allow-Origin': r.headers['origin']})\n", "options-route@4:1 reflected-origin@6:23 -unhandled -missing -refused -no-cred"},
		{fastapiHead, "never-added@2:1 -unhandled -missing -refused -no-cred"},
		{call(good) + "app.add_middleware(ServerErrorMiddleware)\n", "-unhandled-errors"},
		{fastapiHead + "\napp = CORSMiddleware(app, " + good + ")\n", "-unhandled -missing -refused -no-cred +missing-vary@5:7 +refused-says-more@5:7 +no-credentials@5:7"},
		{call(good) + "class V:\n    x = 'vary'\napp.add_middleware(V)\n", "middleware-outside@8:1 -missing-vary"},
	} {
		want, got := rulesOfTest(c.want), []string(nil)
		for _, s := range readFastAPI(c.text) {
			for _, f := range s.Faults {
				p := f.File.Place(f.Start)
				id := strings.TrimPrefix(f.Rule.ID, "fastapi/")
				seen[id] = true
				got = append(got, fmt.Sprintf("%s@%d:%d", id, p.Line, p.Column))
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s\n%q, want\n%q", c.text, got, want)
		}
	}
	for id := range seen {
		if ruleNamed(Lookup("fastapi").Source.Rules, "fastapi/"+id) == nil {
			t.Errorf("%s is not among the rules of the stack", id)
		}
	}
	for _, r := range Lookup("fastapi").Source.Rules {
		if !seen[strings.TrimPrefix(r.ID, "fastapi/")] {
			t.Errorf("%s is in no file", r.ID)
		}
	}
}

// TestFastAPITutorial names what is wrong with the snippet of the tutorials, one
// by one, without credentials and with them.
func TestFastAPITutorial(t *testing.T) {
	const tutorial = `allow_origins=["http://localhost:3000"], allow_methods=["*"], allow_headers=["*"]`
	for options, want := range map[string]string{
		tutorial:                              "every-header every-method missing-vary no-credentials refused-says-more unhandled-errors",
		tutorial + `, allow_credentials=True`: "every-header every-method missing-vary refused-says-more unhandled-errors",
		`allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], allow_credentials=True`: "any-origin-with-credentials every-header every-method missing-vary refused-says-more unhandled-errors",
	} {
		var got []string
		for _, f := range readFastAPI(call(options))[0].Faults {
			got = append(got, strings.TrimPrefix(f.Rule.ID, "fastapi/"))
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %s, want %s", options, s, want)
		}
	}
}

// rulesOfTest returns the faults of a test: its own, those that begin with a plus,
// and the usual ones but for those with a minus.
func rulesOfTest(want string) (list []string) {
	usually := strings.Fields(usual)
	for _, w := range strings.Fields(want) {
		if without, ok := strings.CutPrefix(w, "-"); ok {
			usually = slices.DeleteFunc(usually, func(s string) bool { return strings.HasPrefix(s, without) })
			continue
		}
		list = append(list, strings.TrimPrefix(w, "+"))
	}
	list = append(list, usually...)
	slices.Sort(list)
	return list
}

// TestFastAPIRead reads the forms that options have in files.
func TestFastAPIRead(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{
			call(`allow_origins=["https://a.example", 'http://localhost:3000'], allow_methods=["GET", "PUT"], allow_headers=["X-A"], allow_credentials=True, expose_headers=("X-B",), max_age=60 * 60`),
			"allow_origins https://a.example; allow_origins http://localhost:3000; allow_methods PUT; allow_headers X-A; (allow_headers Content-Type); expose_headers X-B; allow_credentials true; max_age 1h0m0s",
		},
		{
			call(`allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]`),
			"allow_origins *; allow_methods DELETE; allow_methods OPTIONS; allow_methods PATCH; allow_methods PUT; allow_headers *; allow_headers Authorization; (max_age 10m0s)",
		},
		{call(`allow_origins=["*"], allow_credentials=True, max_age=5`), "(allow_headers Content-Type); allow_credentials true; lost"},
		{
			call(`["https://a.example"], ["PUT"], ["X-A"], True, "https://.*\\.a\\.example", max_age=0`),
			`allow_origins https://a.example; dangerously_allow_origin_regexps https://.*\.a\.example; allow_methods PUT; allow_headers X-A; (allow_headers Content-Type); allow_credentials true; max_age 0s`,
		},
		{
			call(`allow_origins=["null", "http://a.example"], allow_credentials=True, max_age=5`),
			"allow_origins null; allow_origins http://a.example; (allow_headers Content-Type); allow_credentials true; dangerously_allow_null_origin true; dangerously_allow_insecure_origins_with_credentials true; differs; differs",
		},
		{
			call(`allow_origins=os.getenv("A", "").split(","), allow_methods=M, allow_credentials=C, max_age=A, **O`),
			"(allow_headers Content-Type); dynamic; dynamic; dynamic; dynamic; dynamic",
		},
		{call(`allow_origins=[f"https://{host}", "https://a.example", X], max_age=5`), "allow_origins https://a.example; (allow_headers Content-Type); dynamic; dynamic"},
		{call(`allow_origins="https://a.example,https://b.example", max_age=5`), "allow_origins https://a.example; allow_origins https://b.example; (allow_headers Content-Type); differs"},
		{call(`allow_origins="https://*.example", max_age=5`), "allow_origins *; (allow_headers Content-Type)"},
		{call(`allow_origin_regex=re.compile(r"https://(?!evil)"), max_age=5`), "(allow_headers Content-Type); lost"},
		{call(`allow_origin_regex=r"https://(?!evil).*", max_age=5`), "(allow_headers Content-Type); lost"},
		{
			fastapiHead + "import re\nA = ['https://a.example']\nB = A + ['https://b.example']\nO = {'allow_origins': [*B, 'https://c.example'], 'max_age': 5}\napp.add_middleware(CORSMiddleware, **O, allow_origin_regex=re.compile('https://d\\\\.example'))\n",
			"allow_origins https://a.example; allow_origins https://b.example; allow_origins https://c.example; allow_origins https://d.example; (allow_headers Content-Type)",
		},
		{"from starlette.middleware import Middleware as M, cors\nx = [M(cors.CORSMiddleware, allow_origins='a b'.split(' '), allow_private_network=True, max_age=5)]\n", "(allow_headers Content-Type); lost; lost; lost"},
		{"import fastapi.middleware.cors\napp = fastapi.middleware.cors.CORSMiddleware(app=x(), allow_origins={'https://a.example'}, max_age=5)\n", "allow_origins https://a.example; (allow_headers Content-Type)"},
		{
			fastapiHead + "def f(r):\n    h = {'Access-Control-Allow-Origin': 'https://a.example', 'Access-Control-Allow-Methods': 'GET, PUT', 'access-control-max-age': '60', 'Access-Control-Allow-Credentials': 'true', 'Access-Control-Allow-Headers': X}\n",
			"allow_origins https://a.example; allow_methods PUT; allow_credentials true; max_age 1m0s; dynamic",
		},
		{fastapiHead + "x = ('\n", "lost"},
		{"import flask\ndef f(r):\n    r.headers['Access-Control-Allow-Origin'] = '*'\n", "nothing"},
	} {
		sites := readFastAPI(c.text)
		got := []string{"nothing"}
		for _, s := range sites {
			got = nil
			for _, e := range s.Draft.Entries {
				if e.Default {
					got = append(got, "("+e.Field+" "+e.Value+")")
				} else {
					got = append(got, e.Field+" "+e.Value)
				}
			}
			for _, r := range s.Draft.Remarks {
				got = append(got, string(r.Kind))
			}
		}
		if s := strings.Join(got, "; "); len(sites) > 1 || s != c.want {
			t.Errorf("%s\n%s, want\n%s", c.text, fastapiSites(sites), c.want)
		}
	}
}

// normal returns a policy in a form to compare: lists sorted, and what is part of
// every policy left out.
func normal(p cors.Policy) string {
	set := func(list []string, without ...string) string {
		list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(without, s) })
		slices.Sort(list)
		return strings.Join(slices.Compact(list), " ")
	}
	age, isSet := p.MaxAge.Duration()
	if !isSet {
		age = 5 * time.Second
	}
	return fmt.Sprintf("%s | %s | %s | %s | %s | %v %v", set(p.AllowOrigins), set(p.DangerouslyAllowOriginRegexps), set(p.AllowMethods, "GET", "HEAD", "POST"),
		set(p.AllowHeaders), set(p.ExposeHeaders), p.AllowCredentials, age)
}

// TestFastAPIRoundTrip checks that what is generated reads back as the same
// policy, except where the snippet says that it differs.
func TestFastAPIRoundTrip(t *testing.T) {
	testenv.OneGoroutine(t)
	const tries = 500
	stack := Lookup("fastapi")
	r := rand.New(rand.NewPCG(1, 2))
	same, valid := 0, 0
	for range tries {
		p := *randomPolicy(r, withTiming, withNull, withDanger, withZeroAge, withAllHeaders)
		valid++
		s := stack.Snippet(&p)
		sites := readFastAPI("from fastapi import FastAPI\napp = FastAPI()\n" + s.Code)
		if len(sites) != 1 {
			t.Fatalf("%d sites in\n%s", len(sites), s.Code)
		}
		got, err := new(Want).Policy(&sites[0].Draft)
		switch {
		case err == nil && normal(*got) == normal(p):
			same++
		case len(s.Lost) > 0: // what Starlette cannot express
		case slices.Equal(p.AllowHeaders, []string{"*"}) && !p.AllowCredentials: // Starlette allows Authorization, too
		default:
			t.Fatalf("%v\n%s, want\n%s\n%s\n%s", err, normal(*got), normal(p), s.Code, fastapiSites(sites))
		}
	}
	t.Logf("%d of %d policies (%d %%) read back the same", same, valid, same*100/valid)
	if same*100/valid < 60 {
		t.Error("less than 60 %")
	}
}

// TestFastAPIDoubling reads lists that each have another twice, which stands for
// more origins than any memory has.
func TestFastAPIDoubling(t *testing.T) {
	for _, twice := range []string{"a%[2]d + a%[2]d", "[*a%[2]d, *a%[2]d]"} {
		var b strings.Builder
		b.WriteString("from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\napp = FastAPI()\na0 = [\"https://a.example\"]\n")
		const levels = 40
		for i := range levels {
			fmt.Fprintf(&b, "a%[1]d = "+twice+"\n", i+1, i)
		}
		fmt.Fprintf(&b, "app.add_middleware(CORSMiddleware, allow_origins=a%d)\n", levels)
		done := make(chan []*Site)
		go func() { done <- readFastAPI(b.String()) }()
		select {
		case sites := <-done:
			if len(sites) != 1 || len(sites[0].Draft.Remarks) == 0 {
				t.Errorf("%s: %s", twice, fastapiSites(sites))
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: it is still being read", twice)
		}
	}
}
