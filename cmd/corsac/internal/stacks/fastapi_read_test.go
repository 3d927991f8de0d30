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

// showSites returns sites in lines: title, entries, remarks, faults.
func showSites(sites []*Site) string {
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

func TestFastAPIRead(t *testing.T) {
	fmt.Println(showSites(readFastAPI(fastapiHead + `origins = ["http://localhost:3000", "https://app.example.com/"]
app.add_middleware(
    CORSMiddleware,
    allow_origins=origins,
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)
@app.middleware("http")
async def auth(request, call_next):
    return 1
@app.get("/x")
def x(response):
    response.headers["Access-Control-Allow-Origin"] = "*"
    return JSONResponse({}, headers={"Access-Control-Allow-Origin": request.headers.get("origin"), "A": "b"})
`)))
}

// randomPolicy returns a policy of parts that are often used.
func randomPolicy(r *rand.Rand) cors.Policy {
	some := func(list ...string) (chosen []string) {
		for _, s := range list {
			if r.IntN(3) == 0 {
				chosen = append(chosen, s)
			}
		}
		return chosen
	}
	var p cors.Policy
	if r.IntN(6) == 0 {
		p.AllowOrigins = []string{"*"}
	} else {
		p.AllowCredentials = r.IntN(2) == 0
		p.AllowOrigins = some("https://app.example.com", "https://*.example.org", "http://localhost:3000", "http://localhost:*", "https://www.example.net:8443", "https://*.example.com:*", "capacitor://localhost")
		p.DangerouslyAllowOriginRegexps = some(`https://[ab]\.example\.com`, `https://pr-[0-9]+\.example\.com`)
		if r.IntN(8) == 0 {
			p.AllowOrigins = append(p.AllowOrigins, "null")
			p.DangerouslyAllowNullOrigin = true
		}
		if r.IntN(8) == 0 {
			p.AllowOrigins = append(p.AllowOrigins, "http://plain.example.com")
			p.DangerouslyAllowInsecureOriginsWithCredentials = p.AllowCredentials
		}
	}
	if p.AllowMethods = some("PUT", "PATCH", "DELETE", "QUERY"); r.IntN(8) == 0 {
		p.AllowMethods = []string{"*"}
	}
	if p.AllowHeaders = some("Authorization", "Content-Type", "X-Request-Id", "X-Csrf-Token"); r.IntN(8) == 0 {
		p.AllowHeaders = []string{"*"}
	}
	p.ExposeHeaders = some("X-Total-Count", "ETag")
	if r.IntN(3) > 0 {
		p.MaxAge = cors.CacheFor(time.Duration(r.IntN(100)*36) * time.Second)
	}
	if r.IntN(6) == 0 {
		p.AllowTiming = true
	}
	return p
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
	const tries = 2000
	stack := Lookup("fastapi")
	r := rand.New(rand.NewPCG(1, 2))
	same, valid := 0, 0
	for range tries {
		p := randomPolicy(r)
		if _, err := cors.New(p); err != nil {
			continue
		}
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
			t.Fatalf("%v\n%s, want\n%s\n%s\n%s", err, normal(*got), normal(p), s.Code, showSites(sites))
		}
	}
	t.Logf("%d of %d policies (%d %%) read back the same", same, valid, same*100/valid)
	if same*100/valid < 60 {
		t.Error("less than 60 %")
	}
}
