package stacks

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
)

// TestPythonRoundTrip checks that what is generated reads back as the same policy,
// and has no mistakes, except where the snippet says that it differs.
func TestPythonRoundTrip(t *testing.T) {
	testenv.OneGoroutine(t)
	for stack, head := range map[string]string{
		"flask":  "from flask import Flask\napp = Flask(__name__)\n",
		"django": "INSTALLED_APPS = ['django.contrib.auth']\nMIDDLEWARE = ['django.middleware.common.CommonMiddleware', 'django.middleware.csrf.CsrfViewMiddleware']\n",
	} {
		r := rand.New(rand.NewPCG(1, 2))
		const tries = 500
		same := 0
		for range tries {
			p := randomPolicy(r, withTiming, withZeroAge, withAllHeaders, withDanger, withNull)
			s := Lookup(stack).Snippet(p)
			if len(s.Lost)+len(s.Wider) > 0 {
				continue
			}
			sites := readPython(stack, head+s.Code+"\n")
			if len(sites) != 1 {
				t.Fatalf("%d sites in\n%s", len(sites), s.Code)
			}
			got, err := sites[0].Draft.Policy()
			want := *p
			if stack == "django" && p.MaxAge == cors.CacheFor(0) {
				want.MaxAge = cors.CacheFor(5 * time.Second) // it cannot send 0
			}
			if err != nil || normal(*got) != normal(want) {
				t.Fatalf("%v\n%v, want\n%v\n%s\n%s", err, got, p, s.Code, fastapiSites(sites))
			}
			for _, f := range sites[0].Faults {
				intended := p.DangerouslyAllowNullOrigin || p.DangerouslyAllowPublicSuffixesWithCredentials // which lint says all the same
				if f.Rule.Severity != finding.Note && !intended {
					t.Fatalf("%s in\n%s", f.Rule.ID, s.Code)
				}
			}
			same++
		}
		t.Logf("%s: %d of %d policies (%d %%) can be said, and read back the same", stack, same, tries, same*100/tries)
		if same*100/tries < 60 {
			t.Error("less than 60 %")
		}
	}
}

// TestPythonOwn checks that the applications that corsac generates have no
// mistakes, but for the header that one of their routes sets by hand.
func TestPythonOwn(t *testing.T) {
	for _, stack := range []string{"flask", "django"} {
		for name, p := range standardPolicies(t) {
			s := Lookup(stack)
			files := s.Server.Files(s.Snippet(&p).Code, Addresses{Host: "127.0.0.1", Port: "8000"})
			for _, site := range readPython(stack, "### server.py\n"+files["server.py"]) {
				for _, f := range site.Faults {
					if f.Rule.Severity != finding.Note && !strings.HasSuffix(f.Rule.ID, "/own-header") {
						t.Errorf("%s: %s: %s", stack, name, f.Rule.ID)
					}
				}
			}
		}
	}
}

// TestPythonEdits applies the edits of lint, after which it finds nothing more to
// correct.
func TestPythonEdits(t *testing.T) {
	const flask = "from flask import Flask\nfrom flask_cors import CORS\n"
	for _, c := range []struct{ stack, before, want string }{
		{"flask", flask + "CORS(app, origins=['https://a.example/', 'https://b.example/x', u'https://c.example/'])\n", flask + "CORS(app, origins=['https://a.example', 'https://b.example', u'https://c.example/'], always_send=False)\n"},
		{"flask", flask + "CORS(\n    app,\n    origins=[r\"https://app.a\\.example\", r\"^https://x|https://y\"],\n)\n", flask + "CORS(\n    app,\n    origins=[r\"https://app\\.a\\.example$\", r\"^https://x|https://y\"],\n)\n"},
		{"django", "MIDDLEWARE = [\n    # the first\n    'django.middleware.common.CommonMiddleware',\n    'corsheaders.middleware.CorsMiddleware',  # why\n]\n", "MIDDLEWARE = [\n    # the first\n    'corsheaders.middleware.CorsMiddleware',\n    'django.middleware.common.CommonMiddleware',\n    # why\n]\n"},
		{"django", "MIDDLEWARE = [\r\n\t'django.middleware.common.CommonMiddleware',\r\n\t'corsheaders.middleware.CorsMiddleware'\r\n]\r\n", "MIDDLEWARE = [\r\n\t'corsheaders.middleware.CorsMiddleware',\r\n\t'django.middleware.common.CommonMiddleware',\r\n]\r\n"},
		{"django", "MIDDLEWARE = ['django.middleware.common.CommonMiddleware', 'corsheaders.middleware.CorsMiddleware', 'a']\n", "MIDDLEWARE = ['corsheaders.middleware.CorsMiddleware', 'django.middleware.common.CommonMiddleware', 'a']\n"},
		{"django", "# django\nCORS_ALLOWED_ORIGINS = ('https://a.example')\nCORS_ALLOWED_ORIGIN_REGEXES = [re.compile(r'https://a\\.example')]\n", "# django\nCORS_ALLOWED_ORIGINS = ['https://a.example']\nCORS_ALLOWED_ORIGIN_REGEXES = [re.compile(r'https://a\\.example$')]\n"},
		{"django", "# django\nA = 'https://a.example/'\nCORS_ALLOWED_ORIGINS = [A, 'https://b.example/']\nprint(A)\n", "# django\nA = 'https://a.example/'\nCORS_ALLOWED_ORIGINS = [A, 'https://b.example']\nprint(A)\n"},
	} {
		text := c.before
		for range 2 {
			var edits []source.Edit
			for _, s := range readPython(c.stack, "### settings.py\n"+text) {
				for _, f := range s.Faults {
					edits = append(edits, f.Edits...)
				}
			}
			after, err := source.Apply(text, edits)
			if err != nil {
				t.Fatal(err)
			}
			if after != c.want {
				t.Errorf("%s\nbecomes\n%s, want\n%s", text, after, c.want)
			}
			text = after
		}
	}
}

// TestPythonBounds reads files that are made to take long, or to never end.
func TestPythonBounds(t *testing.T) {
	testenv.OneGoroutine(t)
	doubled := "A0 = ['https://a.example']\n"
	for i := range 60 {
		doubled += fmt.Sprintf("A%d = A%d + A%d\n", i+1, i, i)
	}
	long := "A = ['" + strings.Repeat("https://a.example', '", 4000) + "']\n"
	const self = "A = A + ['https://a.example']\nB = [*B, *B]\nC = D\nD = [*C]\n"
	uses := map[string]func(list string) string{
		"fastapi": func(list string) string {
			return "from fastapi.middleware.cors import CORSMiddleware\napp = CORSMiddleware(x, allow_origins=" + list + ", allow_headers=" + list + ")\n"
		},
		"flask": func(list string) string {
			return "from flask_cors import CORS\nCORS(app, origins=" + list + ", allow_headers=" + list + ", resources={'/a': {'origins': " + list + "}})\n"
		},
		"django": func(list string) string {
			return "import django\nCORS_ALLOWED_ORIGINS = " + list + "\nCORS_ALLOW_HEADERS += " + list + "\nMIDDLEWARE = " + list + " + MIDDLEWARE\nfrom main import *\n"
		},
	}
	for stack, use := range uses {
		many := long + "import django, re\nfrom flask import request\n" + strings.Repeat(use("A"), 300)
		views := "import django\nfrom flask import Flask\nfrom fastapi import FastAPI\ndef f(request):\n    o = request.headers.get('Origin')\n" + strings.Repeat("    if o in A: r['Access-Control-Allow-Origin'] = o\n", 2000)
		stars := strings.Repeat("from main import *\nfrom .main import *\n", 3000)
		for _, text := range []string{doubled + use("A60"), self + use("A"), self + use("B"), self + use("D"), many, views, stars + use("A"), use("[" + strings.Repeat("[", 3000)), use(strings.Repeat("A + ", 20000) + "A")} {
			start := time.Now()
			readPython(stack, "### main.py\n"+text)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%s: %v for %s", stack, took, text[:min(len(text), 100)])
			}
		}
	}
}

// FuzzPython reads anything, and checks that places are in the file and that edits
// can be applied.
func FuzzPython(f *testing.F) {
	f.Add(flaskHead + "CORS(app, origins=['https://a.example/', r'^https://a.b'], resources={r'/a/*': {'methods': '*'}})\n@app.after_request\ndef f(r):\n    o = request.headers['Origin']\n    if o in ['x']:\n        r.headers.add('Access-Control-Allow-Origin', o)\n")
	f.Add(djangoHead + "CORS_ALLOWED_ORIGINS = (*A, 'https://a.example/')\nif x:\n    MIDDLEWARE.insert(0, 'a')\nfrom .main import *\nCORS_ALLOW_HEADERS += list(default_headers) + ['a']\nCORS_ALLOW_CREDENTIALS = True\n")
	f.Add(flaskHead + "@app.get('/<x>')\n@login_required\n@cross_origin(origin='*', max_age=timedelta(days=1))\ndef f(): pass\ncors = CORS()\ncors.init_app(app)\napp.config.update(CORS_HEADERS='x')\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		for _, stack := range []string{"flask", "django", "fastapi"} {
			for _, s := range readPython(stack, "### main.py\n"+text) {
				for _, fault := range s.Faults {
					if fault.Start < 0 || fault.Start > fault.End || fault.End > len(fault.File.Text) {
						t.Fatalf("%s: %s is at %v", stack, fault.Rule.ID, fault.Span)
					}
					if _, err := source.Apply(fault.File.Text, slices.Clone(fault.Edits)); err != nil {
						t.Fatalf("%s: %s: %v", stack, fault.Rule.ID, err)
					}
				}
			}
		}
	})
}
