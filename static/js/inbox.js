// How long callbacks wait. Seconds come as JSON, words as data attributes.
(() => {
  const place = document.querySelector("[data-lag]");
  const hours = JSON.parse(document.getElementById("lag-data").textContent);
  const { p50, p95, second, minute, hour } = place.dataset;
  const token = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
  const short = (n) => String(Number(n.toPrecision(2)));
  const span = (n) => (n < 120 ? `${short(n)} ${second}` : n < 7200 ? `${short(n / 60)} ${minute}` : `${short(n / 3600)} ${hour}`);
  const LEAST = 0.01; // a logarithmic axis has no zero
  const seconds = (name) => hours.map((point) => (point[name] === null ? null : Math.max(point[name], LEAST)));
  let chart = null;
  const draw = () => {
    chart?.dispose();
    chart = echarts.init(place, null, { renderer: "canvas" });
    const ink = token("--ink-soft"), line = token("--line");
    chart.setOption({
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      color: [token("--tint-1"), token("--chart-lost")],
      grid: { left: 8, right: 8, top: 36, bottom: 4, containLabel: true },
      legend: { top: 0, right: 0, textStyle: { color: ink }, itemHeight: 10 },
      // rich text: the HTML kind needs style attributes, which the content security policy forbids
      tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: (n) => (n == null ? "–" : span(n)), backgroundColor: token("--sheet"), borderColor: line, textStyle: { color: token("--ink") } },
      xAxis: { type: "category", data: hours.map((point) => point.hour), axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: ink } },
      yAxis: { type: "log", min: LEAST, splitLine: { lineStyle: { color: line } }, axisLabel: { color: ink, formatter: span } },
      series: [
        { name: p50, type: "line", symbolSize: 6, data: seconds("p50") },
        { name: p95, type: "line", symbolSize: 6, symbol: "rect", lineStyle: { type: "dashed" }, data: seconds("p95") },
      ],
    });
  };
  draw();
  new ResizeObserver(() => chart.resize()).observe(place);
  document.addEventListener("themechange", draw);
})();
