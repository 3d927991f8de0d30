import uvicorn
from fastapi import FastAPI, HTTPException, Response

app = FastAPI()

@app.api_route("/x", methods=["GET", "HEAD", "PUT", "PATCH"])
def x(response: Response):
    response.headers["X-Total-Count"] = "3"
    return {}

@app.get("/401")
def denied():
    raise HTTPException(401)

@app.get("/500")
def boom():
    raise RuntimeError("boom")

SNIPPET

uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="critical")
