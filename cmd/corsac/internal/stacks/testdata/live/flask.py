from flask import Flask, abort

app = Flask(__name__)
SNIPPET

@app.route("/x", methods=["GET", "PUT", "PATCH"])
def x():
    return {}, 200, {"X-Total-Count": "3"}

@app.get("/401")
def denied():
    abort(401)

@app.get("/500")
def boom():
    raise RuntimeError("boom")

app.run(host="127.0.0.1", port=PORT)
