// What the two clients for Node share: the tally, the meter, and the workloads on top of
// `send(action, callback)`, `listen(kind, callback)` and `deafen(kind)`.
"use strict";

const SAMPLED = 61;
const BLOCK = 2000;
const IN_FLIGHT = 1000;
const LISTENERS = 10;

const [work, countText, portText] = process.argv.slice(2);
const task = { work, count: Number(countText), port: Number(portText) };

const tally = { count: 0, total: 0 };
const latencies = [];
let began;

function texts(channel, uniqueid, exten) {
  tally.count += 1;
  tally.total += channel.length + uniqueid.length + exten.length;
  if (tally.count % SAMPLED === 0) {
    for (const byte of Buffer.from(channel + uniqueid + exten)) tally.total += byte;
  }
}

function values(channel, state, priority) {
  tally.count += 1;
  tally.total += channel.length + state + priority;
}

function start() {
  began = { cpu: process.cpuUsage(), wall: performance.now() };
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : 0;
}

function finish(client, version) {
  const cpu = process.cpuUsage(began.cpu);
  const outcome = {
    client,
    version,
    cpu: (cpu.user + cpu.system) / 1e6,
    wall: (performance.now() - began.wall) / 1e3,
    growth: 0,
    count: tally.count,
    total: tally.total,
    latency: median(latencies),
  };
  process.stdout.write(JSON.stringify(outcome) + "\n", () => process.exit(0));
}

// `share` is how many of the events that are sent the listeners count together.
function consume(client, share, touch, kind, times) {
  flood(client, Math.min(task.count, BLOCK), share, touch, kind, times, () => {
    tally.count = tally.total = 0;
    start();
    flood(client, task.count, share, touch, kind, times, () =>
      finish(client.name, client.version));
  });
}

function flood(client, count, share, touch, kind, times, done) {
  client.deafen(kind);
  for (let n = 0; n < times; n += 1) {
    client.listen(kind, (event) => {
      touch(event);
      if (tally.count === count * share) setImmediate(done);
    });
  }
  client.send({ Action: "Flood", Count: String(count) }, () => {});
}

function ping(client, inFlight) {
  let waiting = task.count - inFlight;
  const one = () => {
    const sent = performance.now();
    client.send({ Action: "Ping" }, () => {
      if (inFlight === 1) latencies.push((performance.now() - sent) / 1e3);
      tally.count += 1;
      if (waiting > 0) {
        waiting -= 1;
        one();
      } else if (tally.count === task.count) {
        finish(client.name, client.version);
      }
    });
  };
  start();
  for (let n = 0; n < inFlight; n += 1) one();
}

function run(client) {
  const read = (event) => texts(...client.read(event, ["Channel", "Uniqueid", "Exten"]));
  const convert = (event) => {
    const [channel, state, priority] = client.read(event, ["Channel", "ChannelState", "Priority"]);
    values(channel, Number(state), Number(priority));
  };
  const pass = () => { tally.count += 1; };
  const works = {
    headers: () => consume(client, 1, read, "*", 1),
    typed: () => consume(client, 1, convert, "*", 1),
    twentieth: () => consume(client, 1 / 20, read, "Hangup", 1),
    untouched: () => consume(client, 1, pass, "*", 1),
    ten: () => consume(client, LISTENERS, pass, "*", LISTENERS),
    pings: () => ping(client, IN_FLIGHT),
    ping: () => ping(client, 1),
  };
  works[task.work]();
}

module.exports = { run, task, USERNAME: "bench", SECRET: "a secret that is none" };
