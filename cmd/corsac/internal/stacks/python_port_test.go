package stacks

import "testing"

// TestFastAPIURL checks that the port of the check is the one that the project
// says.
func TestFastAPIURL(t *testing.T) {
	const app = "from fastapi import FastAPI\napp = FastAPI()\n"
	for _, c := range []struct{ file, text, want string }{
		{"README", "", "http://127.0.0.1:8000"},
		{"main.py", app + "import uvicorn\nuvicorn.run(app, port=9001)\n", "http://127.0.0.1:9001"},
		{"main.py", app + "import uvicorn, os\nuvicorn.run(app, port=int(os.environ['PORT']))\n", ""},
		{"serve.py", "import uvicorn\nuvicorn.run('main:app', port=9002)\n", "http://127.0.0.1:9002"},
		{"Dockerfile", "FROM python\n# uvicorn --port 1\nCMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\", \"--port\", \"80\"]\n", "http://127.0.0.1:80"},
		{"Procfile", "web: uvicorn main:app --host=0.0.0.0 --port=${PORT:-5000}\n", "http://127.0.0.1:5000"},
		{"Procfile", "web: uvicorn main:app --port $PORT\n", ""},
		{"run.sh", "exec gunicorn -k uvicorn.workers.UvicornWorker \\\n  -b 0.0.0.0:9003 main:app\n", "http://127.0.0.1:9003"},
		{"package.json", `{"scripts": {"api": "fastapi dev main.py --port 9004"}}`, "http://127.0.0.1:9004"},
		{"Makefile", "run:\n\tfastapi run --port 99999999999\n", ""},
	} {
		files := map[string]string{"main.py": app}
		files[c.file] = c.text
		_, change, err := change("fastapi", files, &Want{Set: map[string][]string{"allow_origins": {"https://a.example"}}})
		if err != nil || change.URL != c.want {
			t.Errorf("%s: %v: %q, want %q", c.text, err, change.URL, c.want)
		}
	}
}
