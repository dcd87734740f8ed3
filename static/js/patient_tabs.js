/*
 * Two tabs with two patients: each page says so. Only the patient's id travels between the tabs, and nothing is stored.
 */

const own = document.querySelector("[data-patient]")?.dataset.patient;

if (own && "BroadcastChannel" in window) {
  const channel = new BroadcastChannel("painplan-patient");
  const others = new Map();
  const me = crypto.randomUUID?.() ?? String(Math.random());
  const show = () => {
    const differs = [...others.values()].some((patient) => patient !== own);
    document.querySelectorAll("[data-two-patients]").forEach((line) => (line.hidden = !differs));
  };
  channel.addEventListener("message", ({ data }) => {
    if (data.left) others.delete(data.tab);
    else others.set(data.tab, data.patient);
    if (data.hello) channel.postMessage({ tab: me, patient: own });
    show();
  });
  channel.postMessage({ tab: me, patient: own, hello: true });
  window.addEventListener("pagehide", () => channel.postMessage({ tab: me, left: true }));
  window.addEventListener("pageshow", (event) => event.persisted && channel.postMessage({ tab: me, patient: own, hello: true }));
}
