from aiohttp import web

async def x(request):
    return web.json_response({}, headers={"X-Total-Count": "3"})

async def denied(request):
    raise web.HTTPUnauthorized()

async def boom(request):
    raise RuntimeError("boom")

app = web.Application()
SNIPPET
app.router.add_get("/x", x)
app.router.add_put("/x", x)
app.router.add_patch("/x", x)
app.router.add_get("/401", denied)
app.router.add_get("/500", boom)
web.run_app(app, host="127.0.0.1", port=PORT, print=None)
