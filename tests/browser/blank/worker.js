import { double } from "./double.js";

self.onmessage = async ({ data }) => self.postMessage(await double(data));
self.postMessage("ready");
