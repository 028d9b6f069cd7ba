// yana, for Node.
"use strict";

process.removeAllListeners("warning");
const { run, task, USERNAME, SECRET } = require("./common.js");
const AMI = require("yana");
const { version } = require("yana/package.json");

const ami = new AMI({ host: "127.0.0.1", port: task.port, login: USERNAME, password: SECRET });
let ids = 0;

ami.setMaxListeners(0);
ami.connect(() =>
  run({
    name: "yana",
    version,
    deafen: (kind) => ami.removeAllListeners(kind === "*" ? "event" : kind),
    listen: (kind, callback) => ami.on(kind === "*" ? "event" : kind, callback),
    // Its own ids are drawn from 10^8, and two that are alike lose an answer.
    send: (action, callback) => ami.send({ ...action, ActionID: `b${(ids += 1)}` }, callback),
    read: (event, names) => names.map((name) => event[name]),
  }),
);
