import { Hono } from "hono";

// Ponder wants an application; it adds /health and /ready itself.
export default new Hono();
