// The trend of new and lost customers. Numbers come as JSON, words as data attributes.
(() => {
  const place = document.querySelector("[data-trend]");
  const days = JSON.parse(document.getElementById("trend-data").textContent);
  const token = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
  let chart = null;
  const draw = () => {
    chart?.dispose();
    chart = echarts.init(place, null, { renderer: "canvas" });
    const ink = token("--ink-soft"), line = token("--line");
    const { new: come, lost: go, net } = place.dataset;
    chart.setOption({
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      color: [token("--tint-1"), token("--chart-lost"), ink],
      grid: { left: 8, right: 8, top: 36, bottom: 4, containLabel: true },
      legend: { top: 0, right: 0, textStyle: { color: ink }, itemHeight: 10 },
      // rich text: the HTML kind needs style attributes, which the content security policy forbids
      tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: token("--sheet"), borderColor: line, textStyle: { color: token("--ink") } },
      xAxis: { type: "category", data: days.map((day) => day.day.slice(5)), axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: ink } },
      yAxis: { type: "value", minInterval: 1, splitLine: { lineStyle: { color: line } }, axisLabel: { color: ink } },
      series: [
        { name: come, type: "bar", stack: "days", data: days.map((day) => day.new) },
        { name: go, type: "bar", stack: "days", data: days.map((day) => -day.lost), itemStyle: { decal: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: -0.8, color: "rgba(255,255,255,0.5)" } } },
        { name: net, type: "line", symbolSize: 4, data: days.map((day) => day.net) },
      ],
    });
  };
  draw();
  new ResizeObserver(() => chart.resize()).observe(place);
  document.addEventListener("themechange", draw);
})();
