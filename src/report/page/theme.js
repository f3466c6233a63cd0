"use strict";
(() => {
  const root = document.documentElement, button = document.getElementById("theme");
  const set = dark => {
    root.classList.toggle("dark", dark);
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-label", dark ? "Light colours" : "Dark colours");
  };
  set(matchMedia("(prefers-color-scheme: dark)").matches);
  button.onclick = () => set(!root.classList.contains("dark"));
})();
